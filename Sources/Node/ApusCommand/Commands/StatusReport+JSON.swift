import Apus

extension StatusReport {
    /// The report for a program.
    var json: JSONText {
        .object([
            "event": .string("status"), "connections": .integer(self.connections),
            "largest_connections": .array(self.largest.map(Self.json)),
            "resources": self.resources.map(self.json(of:)) ?? .null,
            "configured_peers": .array(self.persistentPeers.map(Self.json)),
            "counters": .array(self.counts.map(Self.json)),
        ])
    }

    private func json(of report: ResourceReport) -> JSONText {
        .object([
            "system": Self.json(report.system, report.limits.system),
            "transient": Self.json(report.transient, report.limits.transient),
            "peers": .array(
                self.peers.map {
                    .object(["peer": .string("\($0.peer)"), "use": Self.json($0.use, report.limits.peer)])
                }),
            "more_peers": .integer(report.peers.count - self.peers.count),
            "protocols": .array(
                self.protocols.map {
                    .object(["protocol": .string($0.name), "use": Self.json($0.use, report.limits.protocolID)])
                }),
            "more_protocols": .integer(report.protocols.count - self.protocols.count),
            "full_networks": .array(
                self.fullNetworks.map {
                    .object(["network": .string("\($0.network)"), "connections": .integer($0.connections)])
                }),
            "more_full_networks": .integer(report.fullNetworks.count - self.fullNetworks.count),
            "refused": .array(
                report.refusals.map {
                    .object([
                        "scope": .string($0.scope), "resource": .string($0.resource), "count": .integer($0.count),
                    ])
                }),
        ])
    }

    private static func json(_ held: HeldConnection) -> JSONText {
        .object([
            "peer": .string("\(held.connection.remotePeer)"), "address": .string("\(held.connection.remoteAddress)"),
            "direction": .string("\(held.connection.direction)"), "streams": .integer(held.streams),
            "memory": .integer(held.memory),
        ])
    }

    private static func json(_ count: Count) -> JSONText {
        .object([
            "name": .string(count.name),
            "labels": .members(count.labels.map { ($0.key, .string($0.value)) }),
            "value": .integer(count.value),
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
