import Bytes
import ConnectionUpgrade
import EventLoop
import Multiformats
import PeerIdentity
import Swarm
import TCPTransport
import Testing
import Transport

/// What becomes of a socket whose other end is no libp2p node.
struct UpgradeFailureTests {
    private static let patience: Duration = .seconds(20)

    @Test func `a peer that sends garbage and resets the socket ends the attempt at once`() async throws {
        let loops = EventLoopGroup(count: 1)
        let loop = loops.next()
        let side = try await ConnectionPair.Side(loops) { $0.handshakeTimeout = Self.patience }
        let sockets = try Socket.pair()
        let address = try Multiaddr("/memory/1")
        let link = RawLink(descriptor: sockets.0.descriptor, loop: loop, localAddress: address, remoteAddress: address)
        let greeting = Array("HTTP/1.1 400 Bad Request\r\n\r\n".utf8)
        _ = greeting.withUnsafeBytes { sockets.1.send($0) }
        let result = await withHandover { handover in
            side.upgrader.upgrade(link, direction: .outbound, expectedPeer: nil) { handover.give($0) }
            // Our proposal lies unread in the peer's socket by then, so that its close is a reset behind the greeting.
            loop.execute { sockets.1.close() }
        }
        let error = #expect(throws: UpgradeError.self) { try result.get() }
        #expect(error != .timedOut(after: Self.patience))
        await loops.shutdown()
    }

    @Test func `a node that meets itself refuses the connection on both sides`() async throws {
        let loops = EventLoopGroup(count: 1)
        let side = try await ConnectionPair.Side(loops)
        let sockets = try Socket.pair()
        let address = try Multiaddr("/memory/1")
        let links = [sockets.0, sockets.1].map {
            RawLink(descriptor: $0.descriptor, loop: loops.next(), localAddress: address, remoteAddress: address)
        }
        let inbound = Task { try await side.upgrader.upgrade(links[1], direction: .inbound, expectedPeer: nil) }
        await #expect(throws: UpgradeError.isThisNode) {
            try await side.upgrader.upgrade(links[0], direction: .outbound, expectedPeer: side.peer)
        }
        await #expect(throws: UpgradeError.self) { try await inbound.value }
        await loops.shutdown()
    }

    @Test func `a dial that ends at this node itself says so`() async throws {
        let loops = EventLoopGroup(count: 1)
        let node = try await Swarm(identity: .generate(.ed25519), transports: [TCPTransport()], loops: loops)
        let address = try await node.listen(on: Multiaddr("/ip4/127.0.0.1/tcp/0"))
        let error = await #expect(throws: DialError.self) { try await node.connect(toWhoeverIsAt: address) }
        #expect(error?.attempts.map(\.kind) == [.thisNode])
        #expect(error?.attempts.first?.cause == "it is this node itself that is there")
        await node.close()
        await loops.shutdown()
    }
}
