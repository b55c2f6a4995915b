import Bytes
import EventLoop
import Transport

/// Sends a few bytes and waits for them to come back, so many times: what a round trip costs without any protocol.
final class FloorPing: SocketEventHandler {
    /// As many bytes as a ping of 32 has on the wire, in a Yamux frame in a Noise message.
    static let size = 62

    private let socket: Socket
    private let completion: (Result<[Int64], FloorError>) -> Void
    private var poller: SocketPoller?
    private var left: Int
    private var received = 0
    private var sentAt = Instant.zero
    private var times: [Int64] = []

    /// Begins on the link's loop; `completion` gets the round trips in nanoseconds, in order.
    init(over link: RawLink, count: Int, completion: @escaping (Result<[Int64], FloorError>) -> Void) throws {
        guard let descriptor = link.takeDescriptor() else { throw FloorError.broken }
        self.socket = Socket(descriptor: descriptor)
        self.completion = completion
        self.left = count
        self.times.reserveCapacity(count)
        self.poller = try SocketPoller(link.loop, descriptor: descriptor, handler: self)
        self.poller?.update(reading: true, writing: false)
        let request = FloorRequest(.echo, count: 0, isSealed: false).bytes
        _ = request.withUnsafeBytes { self.socket.send($0) }
        self.send()
    }

    private func send() {
        self.received = 0
        self.sentAt = EventLoop.monotonicNow()
        _ = [UInt8](repeating: 7, count: Self.size).withUnsafeBytes { self.socket.send($0) }
    }

    func socketReady(readable: Bool, writable: Bool, failed: Bool) {
        var bytes = [UInt8](repeating: 0, count: Self.size)
        switch bytes.withUnsafeMutableBytes({ self.socket.receive(into: $0) }) {
        case .bytes(let count): self.received += count
        case .wouldBlock: return
        case .endOfStream, .failed: return self.end(.failure(.broken))
        }
        guard self.received >= Self.size else { return }
        self.times.append((EventLoop.monotonicNow() - self.sentAt).saturatingNanoseconds)
        self.left -= 1
        if self.left > 0 { self.send() } else { self.end(.success(self.times)) }
    }

    private func end(_ result: Result<[Int64], FloorError>) {
        guard let poller = self.poller else { return }
        poller.close()
        self.poller = nil
        self.socket.close()
        self.completion(result)
    }
}
