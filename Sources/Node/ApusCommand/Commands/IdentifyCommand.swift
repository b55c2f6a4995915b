import Apus

/// `apus identify`: what a peer says of itself.
enum IdentifyCommand {
    static let command = Command(
        "identify", summary: "ask a peer what it is",
        discussion:
            "It connects, and prints what the peer says over /ipfs/id/1.0.0 and how the connection is secured. The key "
            + "and the signed record are proved; the rest is the peer's word. With --json it is one object with the keys "
            + "agent, protocol_version, protocols, listen_addrs, observed, key_type, peer, security, muxer and signed_record "
            + "(whether the peer sent a valid one).",
        operands: [ShortLivedNode.address], options: ShortLivedNode.options,
        examples: [
            Command.Example(
                "apus identify /ip4/127.0.0.1/tcp/4001/p2p/12D3KooW...", "Shows what a node on this machine is."),
            Command.Example(
                "apus identify /dns4/example.org/tcp/4001/p2p/12D3KooW... --json", "The same as one JSON object."),
        ],
        perform: Self.perform)

    private static func perform(_ invocation: Invocation) async throws {
        let (connection, information) = try await ShortLivedNode.withConnection(invocation) { node, connection in
            guard let identify = node.identify else { throw CommandError.failed("this node does not identify peers") }
            return (connection, try await identify.information(of: connection))
        }
        if invocation.isJSON {
            try await invocation.output.json(Self.json(connection, information))
        } else {
            try await invocation.output.write(Self.text(connection, information))
        }
    }

    static func json(_ connection: Connection, _ information: IdentifyInfo) -> JSONText {
        .object([
            "peer": .string("\(connection.remotePeer)"), "address": .string("\(connection.remoteAddress)"),
            "agent": .string(information.agentVersion), "protocol_version": .string(information.protocolVersion),
            "protocols": .strings(information.protocols), "listen_addrs": .strings(information.listenAddresses),
            "observed": .optional(information.observedAddress),
            "key_type": .string("\(connection.remotePublicKey.type)"), "security": .string(connection.security),
            "muxer": .string(connection.muxer), "signed_record": .bool(information.signedRecord != nil),
        ])
    }

    static func text(_ connection: Connection, _ information: IdentifyInfo) -> String {
        var text = ""
        func line(_ name: String, _ value: String) {
            text += name.padding(to: 18) + Printable.text(value) + "\n"
        }
        func list(_ name: String, _ values: [String]) {
            line(name, values.first ?? "none")
            for value in values.dropFirst() { line("", value) }
        }
        line("PeerID", "\(connection.remotePeer)")
        line("Key type", "\(connection.remotePublicKey.type)")
        line("Agent", information.agentVersion)
        line("Protocol version", information.protocolVersion)
        list("Protocols", information.protocols)
        list("Addresses", information.listenAddresses.map(\.description))
        line("Sees us at", information.observedAddress?.description ?? "it does not say")
        line("Signed record", information.signedRecord == nil ? "none" : "valid")
        line("Connection", "\(connection.remoteAddress), \(connection.security), \(connection.muxer)")
        return text
    }
}

extension String {
    /// The text with blanks behind it, `width` characters wide.
    func padding(to width: Int) -> String {
        self + String(repeating: " ", count: max(0, width - self.count))
    }
}
