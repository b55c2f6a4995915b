import Bytes
import EventLoop
import Multiformats
import PeerIdentity
import Transport

/// A stream without a connection under it: a test plays the peer, on the stream's loop.
final class StreamBench {
    let stream: LoopStream
    private let driver = RecordingDriver()

    /// What the handler asked of the connection.
    var calls: [String] { self.driver.calls }

    init(on loop: EventLoop, identity: PrivateKey) throws {
        let address = try Multiaddr("/memory/1")
        let connection = Connection(
            Connection.Description(
                direction: .inbound, localPeer: identity.peerID, remotePeer: identity.peerID,
                remotePublicKey: identity.publicKey, localAddress: address, remoteAddress: address,
                security: "/noise", muxer: "/yamux/1.0.0"),
            loop: loop)
        self.stream = LoopStream(
            connection: connection, direction: .inbound, key: StreamKey(number: 1, slot: 0, generation: 0),
            driver: self.driver)
    }

    /// Runs `body` with a stream on a loop of its own, on that loop.
    static func run<Result: Sendable>(
        _ body: @escaping @Sendable (StreamBench) throws -> Result
    ) async throws -> Result {
        let loop = EventLoop(index: 0)
        let identity = try PrivateKey.generate()
        let result: Swift.Result<Result, any Error> = await loop.perform {
            Swift.Result { try body(StreamBench(on: loop, identity: identity)) }
        }
        await loop.stop()
        return try result.get()
    }

    /// The network takes so much of what waits to be sent.
    func send(_ count: Int) {
        self.stream.takeOutput(count) { _ in }
        self.stream.outputTaken()
    }

    /// The peer sends these bytes.
    func receive(_ bytes: Bytes) {
        bytes.withChunk { self.stream.deliver($0) }
    }

    private final class RecordingDriver: StreamDriver {
        func streamAgreed(_ stream: LoopStream, on protocolID: String) throws(ResourceLimitError) {}
        var calls: [String] = []

        func streamOffers(_ stream: LoopStream, count: Int) { self.calls.append("offers \(count)") }
        func streamClosesWrite(_ stream: LoopStream) { self.calls.append("closesWrite") }
        func streamConsumed(_ stream: LoopStream, count: Int) {}
        func streamStopsReading(_ stream: LoopStream) { self.calls.append("stopsReading") }
        func streamResets(_ stream: LoopStream, code: UInt32) { self.calls.append("resets \(code)") }
    }
}
