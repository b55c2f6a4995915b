import Apus

/// What a running node tells: as JSON on standard output, or to a person, who gets the events in the log.
struct NodeReport: Sendable {
    private static let log = Log("node")
    /// Peers can make as many of these lines as they like.
    private static let paces = LogPaces()

    let node: Node
    let output: Output
    let isJSON: Bool

    /// Tells a person who the node is and where. A program hears of the addresses as events.
    func started() async throws {
        guard !self.isJSON else { return }
        var text = "PeerID  \(self.node.peerID)\n"
        let addresses = self.node.addresses
        text += addresses.isEmpty ? "No address leads to the node.\n" : "Addresses\n"
        for address in addresses { text += "  \(address)\n" }
        try await self.output.write(text)
    }

    /// Tells how the node is now: what it holds, what it refused, and which configured peers are connected.
    func status() async throws {
        let status = StatusReport(of: self.node)
        if self.isJSON { try await self.output.json(status.json) } else { try await self.output.write(status.text) }
    }

    /// Tells of one event.
    func happened(_ event: NodeEvent) async throws {
        self.log(event)
        if self.isJSON { try await self.output.json(Self.json(event, of: self.node)) }
    }

    private func log(_ event: NodeEvent) {
        switch event {
        // The swarm itself logs inbound attempts that fail, and what the access list refuses.
        case .listening, .stoppedListening, .identified, .observedAddress, .inboundFailed, .refusedConnection: return
        case .connected(let connection):
            guard let untold = Self.untold("connected") else { return }
            Self.log.info(
                "connected",
                [
                    "peer": connection.remotePeer, "address": connection.remoteAddress,
                    "direction": "\(connection.direction)", "more_since": untold,
                ])
        case .disconnected(let connection, let reason):
            guard let untold = Self.untold("disconnected") else { return }
            Self.log.info(
                "disconnected", ["peer": connection.remotePeer, "reason": reason, "more_since": untold])
        case .discovered(let peer, let addresses):
            guard let untold = Self.untold("discovered") else { return }
            Self.log.info(
                "discovered on the local network",
                ["peer": peer, "addresses": addresses.count, "more_since": untold])
        case .dialFailed(let error): Self.log.warning(FailureText.text(error))
        case .refused(let peer, let limit):
            guard let untold = Self.untold("refused") else { return }
            Self.log.info("refused", ["peer": peer, "limit": limit, "more_since": untold])
        case .addressConfirmed(let address): Self.log.info("seen from outside", ["address": address])
        case .addressExpired(let address): Self.log.info("no longer seen from outside", ["address": address])
        }
    }

    /// How many lines of the kind were left out; nil where this one is, too.
    private static func untold(_ kind: String) -> UInt64? {
        self.paces.next(kind, now: EventLoop.monotonicNow())
    }

    static func json(_ event: NodeEvent, of node: Node) -> JSONText {
        switch event {
        case .listening(let address): Self.json("listening", address, of: node)
        case .stoppedListening(let address): Self.json("stopped_listening", address, of: node)
        case .connected(let connection):
            .object([
                "event": .string("peer_connected"), "peer": .string("\(connection.remotePeer)"),
                "address": .string("\(connection.remoteAddress)"), "direction": .string("\(connection.direction)"),
                "security": .string(connection.security), "muxer": .string(connection.muxer),
            ])
        case .disconnected(let connection, let reason):
            .object([
                "event": .string("peer_disconnected"), "peer": .string("\(connection.remotePeer)"),
                "address": .string("\(connection.remoteAddress)"), "direction": .string("\(connection.direction)"),
                "reason": .string("\(reason)"),
            ])
        case .inboundFailed(let address, let failure):
            .object([
                "event": .string("inbound_failed"), "address": .string("\(address)"), "reason": .string("\(failure)"),
            ])
        case .dialFailed(let error):
            .object([
                "event": .string("dial_failed"), "peer": .optional(error.peer), "reason": .string("\(error)"),
                "attempts": .array(error.attempts.map(Self.json)),
            ])
        case .refused(let peer, let limit):
            .object([
                "event": .string("refused"), "peer": .string("\(peer)"), "reason": .string("\(limit)"),
            ])
        case .refusedConnection(let refused):
            .object([
                "event": .string("connection_refused"), "direction": .string("\(refused.direction)"),
                "peer": .optional(refused.peer), "address": .optional(refused.address),
                "reason": .string("\(refused.refusal)"),
            ])
        case .identified(let peer):
            .object([
                "event": .string("peer_identified"), "peer": .string("\(peer)"),
                "agent": .optional(node.identify?.information(of: peer)?.agentVersion),
            ])
        case .observedAddress(let address, let peer):
            .object([
                "event": .string("observed_address"), "address": .string("\(address)"), "by": .string("\(peer)"),
            ])
        case .addressConfirmed(let address): Self.json("address_confirmed", address, of: node)
        case .addressExpired(let address): Self.json("address_expired", address, of: node)
        case .discovered(let peer, let addresses):
            .object([
                "event": .string("peer_discovered"), "peer": .string("\(peer)"), "addresses": .strings(addresses),
            ])
        }
    }

    private static func json(_ attempt: DialError.Attempt) -> JSONText {
        .object([
            "address": .string("\(attempt.address)"), "kind": .string(attempt.kind.label),
            "cause": .string(attempt.cause), "ms": .decimal(attempt.duration.seconds * 1_000, digits: 0),
        ])
    }

    private static func json(_ name: String, _ address: Multiaddr, of node: Node) -> JSONText {
        .object([
            "event": .string(name), "peer": .string("\(node.peerID)"), "address": .string("\(address)"),
        ])
    }
}
