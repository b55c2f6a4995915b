import Apus

/// How a running node is: who holds what of its resources, what was refused, and how it stands with configured peers.
struct StatusReport {
    /// So many peers are named at most, those that hold the most.
    private static let namedPeers = 20

    let resources: ResourceReport?
    let persistentPeers: [PersistentPeer]
    let connections: Int

    init(of node: Node) {
        self.resources = (node.swarm.resources as? ResourceManager)?.report
        self.persistentPeers = node.swarm.persistentPeers
        self.connections = node.swarm.connections.count
    }

    // MARK: For a person

    var text: String {
        var text = "Connections  \(self.connections)\n"
        if let resources {
            text += "Resources\n"
            text += Self.line("this node", resources.system, resources.limits.system)
            text += Self.line("no peer or protocol yet", resources.transient, resources.limits.transient)
            for peer in resources.peers.prefix(Self.namedPeers) {
                text += Self.line("peer \(peer.peer)", peer.use, resources.limits.peer)
            }
            if resources.peers.count > Self.namedPeers {
                text += "  and \(resources.peers.count - Self.namedPeers) more peers\n"
            }
            for name in resources.protocols {
                text += Self.line("protocol \(Printable.text(name.name))", name.use, resources.limits.protocolID)
            }
            for refusal in resources.refusals {
                text += "  refused by the limit of \(refusal.scope): \(refusal.resource), \(refusal.count) times\n"
            }
        }
        if !self.persistentPeers.isEmpty { text += "Configured peers\n" }
        for peer in self.persistentPeers { text += "  \(peer.peer)  \(Self.text(peer.state))\n" }
        return text
    }

    private static func line(_ name: String, _ use: ResourceUse, _ limits: ScopeLimits) -> String {
        let memory = ByteSize(bytes: UInt64(clamping: use.memory))
        var parts = [
            "connections \(use.inboundConnections) in \(use.outboundConnections) out\(Self.of(limits.connections))",
            "streams \(use.inboundStreams) in \(use.outboundStreams) out\(Self.of(limits.streams))",
            "memory \(memory)" + (limits.memory < .max ? " of \(ByteSize(bytes: UInt64(limits.memory)))" : ""),
        ]
        if use.fileDescriptors > 0 { parts.append("sockets \(use.fileDescriptors)\(Self.of(limits.fileDescriptors))") }
        return "  \(name): \(parts.joined(separator: ", "))\n"
    }

    private static func of(_ limit: Int) -> String { limit < .max ? " of \(limit)" : "" }

    private static func text(_ state: PersistentPeer.State) -> String {
        switch state {
        case .connected: "connected"
        case .dialling: "is being dialled"
        case .waiting(let next, let reason):
            "is dialled again in \(Self.left(until: next)) s: \(Printable.text(reason))"
        }
    }

    /// The whole seconds until then.
    private static func left(until next: Instant) -> Int {
        Int(max((next - EventLoop.monotonicNow()).seconds.rounded(.up), 0))
    }

    // MARK: For a program

    var json: JSONText {
        .object([
            "event": .string("status"), "connections": .integer(self.connections),
            "resources": self.resources.map(Self.json) ?? .null,
            "configured_peers": .array(self.persistentPeers.map(Self.json)),
        ])
    }

    private static func json(_ report: ResourceReport) -> JSONText {
        .object([
            "system": Self.json(report.system, report.limits.system),
            "transient": Self.json(report.transient, report.limits.transient),
            "peers": .array(
                report.peers.map {
                    .object(["peer": .string("\($0.peer)"), "use": Self.json($0.use, report.limits.peer)])
                }),
            "protocols": .array(
                report.protocols.map {
                    .object(["protocol": .string($0.name), "use": Self.json($0.use, report.limits.protocolID)])
                }),
            "refused": .array(
                report.refusals.map {
                    .object([
                        "scope": .string($0.scope), "resource": .string($0.resource), "count": .integer($0.count),
                    ])
                }),
        ])
    }

    private static func json(_ use: ResourceUse, _ limits: ScopeLimits) -> JSONText {
        .object([
            "inbound_connections": .integer(use.inboundConnections),
            "outbound_connections": .integer(use.outboundConnections),
            "connections_limit": Self.json(limits.connections),
            "inbound_streams": .integer(use.inboundStreams), "outbound_streams": .integer(use.outboundStreams),
            "streams_limit": Self.json(limits.streams), "memory": .integer(use.memory),
            "memory_limit": Self.json(limits.memory), "sockets": .integer(use.fileDescriptors),
            "sockets_limit": Self.json(limits.fileDescriptors),
        ])
    }

    private static func json(_ limit: Int) -> JSONText { limit < .max ? .integer(limit) : .null }

    private static func json(_ peer: PersistentPeer) -> JSONText {
        let state: (name: String, reason: JSONText, next: JSONText) =
            switch peer.state {
            case .connected: ("connected", .null, .null)
            case .dialling: ("dialling", .null, .null)
            case .waiting(let next, let reason): ("waiting", .string(reason), .integer(Self.left(until: next)))
            }
        return .object([
            "peer": .string("\(peer.peer)"), "addresses": .strings(peer.addresses), "state": .string(state.name),
            "failures": .integer(peer.failures), "reason": state.reason, "next_dial_s": state.next,
        ])
    }
}
