import Apus
import Storage

/// `apus peers`: what the node of a data directory knows of peers.
enum PeersCommand {
    static let command = Command(
        "peers", summary: "list the peers that the node knows",
        discussion:
            "It prints what the peer store of a data directory holds, also while the node runs: each peer with what it said "
            + "that it is, and its addresses with where each comes from and for how much longer it counts. With --json each "
            + "peer is an object with peer, agent, key_type, connected, seen_s (seconds since it was heard of), protocols, and "
            + "addresses of address, source and remaining_s.",
        options: [RunOptions.config.declaration, RunOptions.dataDir.declaration],
        examples: [
            Command.Example("apus peers", "Lists the peers of the node that \"apus run\" starts."),
            Command.Example("apus peers --data-dir ./node --json", "Prints those of another node for a program."),
        ],
        perform: Self.perform)

    private static func perform(_ invocation: Invocation) async throws {
        let directory = DataDirectory(try invocation.values[RunOptions.dataDir])
        let isRunning = directory.isTaken
        let peers =
            try await directory.withDatabase { database throws(StorageError) in
                try StoredPeer.all(in: database, isRunning: isRunning)
            } ?? []
        for peer in peers {
            if invocation.isJSON {
                try await invocation.output.json(Self.json(peer))
            } else {
                try await invocation.output.write(Self.text(peer))
            }
        }
        if peers.isEmpty, !invocation.isJSON { try await invocation.output.line("No peer is known.") }
    }

    static func json(_ peer: StoredPeer) -> JSONText {
        let addresses = peer.addresses.map { address in
            JSONText.object([
                "address": .string("\(address.address)"), "source": .string("\(address.source)"),
                "remaining_s": address.remaining.map { .integer(Int($0.components.seconds)) } ?? .null,
            ])
        }
        return .object([
            "peer": .string("\(peer.peer)"), "agent": .string(peer.agentVersion),
            "key_type": .optional(peer.publicKey?.type), "connected": .bool(peer.isConnected),
            "seen_s": .integer(Int(peer.lastSeen.components.seconds)), "protocols": .strings(peer.protocols),
            "addresses": .array(addresses),
        ])
    }

    static func text(_ peer: StoredPeer) -> String {
        let seen = peer.isConnected ? "connected" : "seen \(Self.text(peer.lastSeen)) ago"
        let agent = peer.agentVersion.isEmpty ? "" : ", \(Printable.text(peer.agentVersion))"
        var text = "\(peer.peer)  \(seen)\(agent)\n"
        for address in peer.addresses {
            let time = address.remaining.map { ", for \(Self.text($0))" } ?? ""
            text += "  \(Printable.text("\(address.address)"))  \(address.source)\(time)\n"
        }
        return text
    }

    /// A time as a person would say it: `40 s`, `12 min`, `5 h`, `3 days`.
    static func text(_ time: Duration) -> String {
        switch max(0, time.components.seconds) {
        case let seconds where seconds < 60: "\(seconds) s"
        case let seconds where seconds < 3_600: "\(seconds / 60) min"
        case let seconds where seconds < 172_800: "\(seconds / 3_600) h"
        case let seconds: "\(seconds / 86_400) days"
        }
    }
}
