import Bytes
import ConnectionUpgrade
import Cryptography
import EventLoop
import Multiformats
import Noise
import PeerIdentity
import Swarm
import Transport

/// Two nodes' ends of one connection over a socket pair, each with protocols of its own.
struct ConnectionPair: Sendable {
    let dialer: Connection
    let listener: Connection
    let dialerProtocols: ProtocolTable
    let listenerProtocols: ProtocolTable

    /// Connects two fresh identities on the loops.
    static func connect(
        on loops: EventLoopGroup, configure: (inout UpgradeConfiguration) -> Void = { _ in },
        prepare: (ProtocolTable) -> Void = { _ in }, prepareUpgraders: ([ConnectionUpgrader]) -> Void = { _ in }
    ) async throws -> ConnectionPair {
        let sides = try await (Side(loops, configure), Side(loops, configure))
        prepare(sides.1.protocols)
        prepareUpgraders([sides.0.upgrader, sides.1.upgrader])
        let sockets = try Socket.pair()
        let address = try Multiaddr("/memory/1")
        let links = [sockets.0, sockets.1].map {
            RawLink(
                descriptor: $0.descriptor, loop: loops.next(), localAddress: address, remoteAddress: address)
        }
        async let inbound = sides.1.upgrader.upgrade(links[1], direction: .inbound, expectedPeer: nil)
        let outbound = try await sides.0.upgrader.upgrade(
            links[0], direction: .outbound, expectedPeer: sides.1.peer)
        return try await ConnectionPair(
            dialer: outbound, listener: inbound, dialerProtocols: sides.0.protocols,
            listenerProtocols: sides.1.protocols)
    }

    func close() async {
        await self.dialer.close(gracePeriod: .zero)
        await self.listener.close(gracePeriod: .zero)
    }

    /// One node's identity, protocols and upgrader.
    struct Side: Sendable {
        let peer: PeerID
        let protocols: ProtocolTable
        let upgrader: ConnectionUpgrader

        init(_ loops: EventLoopGroup, _ configure: (inout UpgradeConfiguration) -> Void = { _ in }) async throws {
            let identity = try PrivateKey.generate(.ed25519)
            let protocols = ProtocolTable {}
            var random = SystemRandom()
            var configuration = UpgradeConfiguration(
                identity: identity, staticKey: try NoiseStaticKey(identity: identity, using: &random),
                router: protocols, resources: UnlimitedResources())
            configure(&configuration)
            self.peer = identity.publicKey.peerID
            self.protocols = protocols
            self.upgrader = try await ConnectionUpgrader(configuration, loops: loops)
        }
    }
}
