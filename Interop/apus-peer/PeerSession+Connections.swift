import Apus

extension PeerSession {
    func connect(_ command: PeerCommand) async throws -> [String: JSON] {
        guard let text = command.address else { throw CommandError("\"addr\" is missing") }
        let address = try Multiaddr(text)
        let start = EventLoop.monotonicNow()
        let connection = try await self.node.connect(to: address)
        return ["peer": JSON(connection.remotePeer), "ms": (EventLoop.monotonicNow() - start).milliseconds]
    }

    func disconnect(_ peer: PeerID) async throws {
        await self.node.disconnect(peer)
    }

    func connections(_ command: PeerCommand) throws -> JSON {
        let only = try command.peer.map { try self.peer($0) }
        let connections = self.node.connections.filter { only == nil || $0.remotePeer == only }
        return .array(
            connections.map { connection in
                .object([
                    "peer": JSON(connection.remotePeer), "addr": JSON(connection.remoteAddress),
                    "direction": .string(connection.direction.rawValue), "security": .string(connection.security),
                    "muxer": .string(connection.muxer), "relayed": false,
                ])
            })
    }

    /// What a connected peer said of itself; waits until it has.
    func identify(_ peer: PeerID) async throws -> [String: JSON] {
        guard let connection = self.node.swarm.connections(to: peer).first else {
            throw CommandError("not connected to \(peer)")
        }
        guard let service = self.node.identify else { throw CommandError("this node asks nobody") }
        let first = try await service.information(of: connection)
        // What the peer pushed since then counts more.
        let known = service.information(of: peer) ?? first
        return [
            "agent": .string(known.agentVersion), "protocol_version": .string(known.protocolVersion),
            "protocols": JSON(known.protocols.sorted()),
            "listen_addrs": JSON(known.signedRecord?.addresses ?? known.listenAddresses),
            "observed": JSON(known.observedAddress), "key_type": JSON(connection.remotePublicKey.type),
            "signed_record": .boolean(known.signedRecord != nil),
        ]
    }
}
