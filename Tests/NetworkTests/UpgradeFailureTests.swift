import Bytes
import ConnectionUpgrade
import EventLoop
import Multiformats
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
}
