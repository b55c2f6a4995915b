import Apus
import Foundation
import Storage

/// `apus access`: whom the node of a data directory lets connect, and dials.
enum AccessCommand {
    static let target = Command.Operand(
        "TARGET", help: "A PeerID, an IP address, or a subnet such as 192.0.2.0/24 or 2001:db8::/32.")
    static let options = [RunOptions.config.declaration, RunOptions.dataDir.declaration]

    static let list = Command(
        "access", "list", summary: "show whom the node allows and denies",
        discussion:
            "It prints each rule of the access list of a data directory: what is to become of whom. With --json each is an "
            + "object with action and target.",
        options: Self.options,
        examples: [
            Command.Example("apus access list", "Shows the list of the node that \"apus run\" starts."),
            Command.Example("apus access list --data-dir /var/lib/apus --json", "Prints that of another node."),
        ],
        perform: Self.performList)

    static let allow = Command(
        "access", "allow", summary: "let a peer, an address or a subnet connect",
        discussion:
            "It takes the place of a rule of the same target. Of the subnets that an address is in, the smallest decides. With "
            + "\"apus run --only-allowed\" nobody else can connect or is dialled. " + Self.whenItHolds,
        operands: [Self.target], options: Self.options,
        examples: [
            Command.Example("apus access allow 12D3KooW...", "Allows a peer, wherever it is."),
            Command.Example("apus access allow 192.0.2.7", "Allows one address of a subnet that is denied."),
        ],
        perform: { try await Self.performSet(.allow, $0) })

    static let deny = Command(
        "access", "deny", summary: "let a peer, an address or a subnet connect no more",
        discussion:
            "Connections with it are ended, new ones are refused, and it is not dialled. It takes the place of a rule of the "
            + "same target. " + Self.whenItHolds,
        operands: [Self.target], options: Self.options,
        examples: [
            Command.Example("apus access deny 12D3KooW...", "Denies a peer, wherever it is."),
            Command.Example("apus access deny 192.0.2.0/24", "Denies whoever is at an address of the subnet."),
        ],
        perform: { try await Self.performSet(.deny, $0) })

    static let remove = Command(
        "access", "remove", summary: "forget what holds for a peer, an address or a subnet",
        discussion: "It removes the rule of exactly this target. " + Self.whenItHolds,
        operands: [Self.target], options: Self.options,
        examples: [
            Command.Example("apus access remove 192.0.2.0/24", "Denies, or allows, the subnet no longer."),
            Command.Example("apus access remove 12D3KooW... --data-dir ./node", "Changes the list of another node."),
        ],
        perform: Self.performRemove)

    private static let whenItHolds = "A node that runs takes the change over within a few seconds."

    private static func performList(_ invocation: Invocation) async throws {
        let directory = DataDirectory(try invocation.values[RunOptions.dataDir])
        let rules =
            try await directory.withDatabase { database throws(StorageError) in try AccessRows.read(database) } ?? []
        for rule in rules {
            if invocation.isJSON {
                try await invocation.output.json(Self.json(rule.action.rawValue, rule.target))
            } else {
                try await invocation.output.line("\(rule.action.rawValue.padding(to: 7))\(rule.target)")
            }
        }
        if rules.isEmpty, !invocation.isJSON { try await invocation.output.line("The access list is empty.") }
    }

    private static func performSet(_ action: AccessAction, _ invocation: Invocation) async throws {
        let target = try Self.target(invocation)
        let directory = DataDirectory(try invocation.values[RunOptions.dataDir])
        try directory.make()
        let rule = AccessRule(action, target)
        try await directory.withDatabase(makesIt: true) { database throws(StorageError) in
            try AccessRows.set(rule, in: database)
        }
        try await Self.report(action == .allow ? "allowed" : "denied", target, invocation)
    }

    private static func performRemove(_ invocation: Invocation) async throws {
        let target = try Self.target(invocation)
        let directory = DataDirectory(try invocation.values[RunOptions.dataDir])
        let isRemoved =
            try await directory.withDatabase { database throws(StorageError) in
                try AccessRows.remove(target, in: database)
            } ?? false
        guard isRemoved else {
            throw CommandError.failed("there is no rule for \(target); see: apus access list")
        }
        try await Self.report("removed", target, invocation)
    }

    private static func target(_ invocation: Invocation) throws(CommandError) -> AccessTarget {
        let text = try invocation.operand(0)
        guard let target = AccessTarget(text) else {
            throw .usage(
                "\(text.quoted) is neither a PeerID nor an IP address nor a subnet, such as 192.0.2.0/24 with zeros "
                    + "behind its prefix")
        }
        return target
    }

    private static func report(_ what: String, _ target: AccessTarget, _ invocation: Invocation) async throws {
        if invocation.isJSON {
            try await invocation.output.json(Self.json(what, target))
        } else {
            try await invocation.output.line("\(what.padding(to: 9))\(target)")
        }
    }

    private static func json(_ action: String, _ target: AccessTarget) -> JSONText {
        .object(["action": .string(action), "target": .string("\(target)")])
    }
}
