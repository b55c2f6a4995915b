import Apus

extension StatusReport {
    /// The report for a person.
    var text: String {
        var text = "Connections  \(self.connections)\n"
        for held in self.largest {
            text += "  \(held.connection.remotePeer) at \(Printable.text("\(held.connection.remoteAddress)")): "
            text += "streams \(held.streams), memory \(ByteSize(bytes: UInt64(clamping: held.memory)))\n"
        }
        text += Self.more(self.connections - self.largest.count, "connections")
        text += self.resources.map(self.text(of:)) ?? ""
        if !self.counts.isEmpty { text += "Counters\n" }
        for count in self.counts {
            let labels = count.labels.map { "\($0.key)=\"\(Printable.text($0.value))\"" }.joined(separator: ",")
            text += "  \(count.name)\(labels.isEmpty ? "" : "{\(labels)}") \(count.value)\n"
        }
        if !self.persistentPeers.isEmpty { text += "Configured peers\n" }
        for peer in self.persistentPeers { text += "  \(peer.peer)  \(Self.text(peer.state))\n" }
        return text
    }

    private func text(of resources: ResourceReport) -> String {
        let limits = resources.limits
        var text = "Resources\n"
        text += Self.line("this node", resources.system, limits.system)
        text += Self.line("no peer or protocol yet", resources.transient, limits.transient)
        for peer in self.peers { text += Self.line("peer \(peer.peer)", peer.use, limits.peer) }
        text += Self.more(resources.peers.count - self.peers.count, "peers")
        for name in self.protocols {
            text += Self.line("protocol \(Printable.text(name.name))", name.use, limits.protocolID)
        }
        text += Self.more(resources.protocols.count - self.protocols.count, "protocols")
        for full in self.fullNetworks {
            text += "  network \(full.network): connections \(full.connections) in, and no more now\n"
        }
        text += Self.more(resources.fullNetworks.count - self.fullNetworks.count, "networks")
        for refusal in resources.refusals {
            text += "  refused by the limit of \(refusal.scope): \(refusal.resource), \(refusal.count) times\n"
        }
        return text
    }

    private static func more(_ count: Int, _ what: String) -> String {
        count > 0 ? "  and \(count) more \(what)\n" : ""
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
}
