import Bytes
import Cryptography
import EventLoop

@testable import ConnectionUpgrade
@testable import Noise

extension FuzzTarget {
    /// The input as a script of messages and of the pieces that a socket receives them in.
    static let noiseInput = FuzzTarget(name: "noise-input", memory: 2 << 20) { input in
        var run = NoiseInputRun(input)
        run.perform()
    } seeds: {
        let messages: [UInt8] = [0, 0, 20, 0, 1, 44, 0, 0, 0, 0, 255, 255, 0, 0, 1]
        let bytes: [UInt8] = (0..<12).flatMap { _ in [2, 0, 1] }
        return [
            Bytes(messages + [3]), Bytes(messages + bytes + [3]),
            Bytes(messages + messages + [2, 255, 255, 2, 0, 1, 2, 255, 255]),
            Bytes(messages + [2, 1, 0, 2, 1, 0] + messages + [3]),
            Bytes([0, 255, 255, 0, 255, 255, 2, 0, 1, 2, 255, 254, 3, 3]),
        ]
    }
}

/// Messages that come through a socket, in pieces of any size, are cut out whole and in their order.
///
/// The socket is one of a connected pair within the thread, so that an input means the same each time.
struct NoiseInputRun: ~Copyable {
    /// What waits to be sent is at most this much: a Unix socket takes it without waiting.
    private static let mostWaiting = 128 * 1024
    /// All messages of an execution: some of the longest, or many.
    private static let mostLaid = 320 * 1024
    /// The messages are not opened, so that any key does.
    private static let key: ByteStorage = {
        let key = ByteStorage(capacity: 32)
        key.unsafeMutableBytes.initializeMemory(as: UInt8.self, repeating: 1)
        return key
    }()

    private var script: FuzzScript
    private let sender: Socket
    private let receiver: Socket
    private var input: NoiseInput
    private var spares = SpareBuffers()
    private let buffer = ByteStorage(capacity: 64 * 1024 + 64)
    private var wire = FuzzWire()
    /// The lengths of the messages that were laid down, and how many of them came out.
    private var sizes: [Int] = []
    private var taken = 0
    private var laid = 0

    init(_ input: Bytes) {
        self.script = FuzzScript(input)
        do {
            (self.sender, self.receiver) = try Socket.pair()
        } catch {
            preconditionFailure("there are sockets: \(error)")
        }
        self.input = NoiseInput(
            cipher: NoiseCipherState(key: ChaChaPolyKey(UnsafeRawBufferPointer(Self.key.unsafeMutableBytes))))
    }

    mutating func perform() {
        while !self.script.isAtEnd {
            switch self.script.byte() & 3 {
            case 0, 1: self.layMessage(self.script.number())
            case 2: self.send(self.script.number())
            default: self.sendAll()
            }
        }
        self.sendAll()
        precondition(self.taken == self.sizes.count, "every message comes out")
        precondition(self.input.isAtMessageBoundary, "nothing is left")
        self.sender.close()
        precondition(self.receive() == .endOfStream, "the end is seen")
        self.receiver.close()
    }

    private mutating func layMessage(_ size: Int) {
        guard self.wire.count + size <= Self.mostWaiting, self.laid + size <= Self.mostLaid else { return }
        self.laid += size
        let index = self.sizes.count
        self.sizes.append(size)
        self.wire.send { bytes in
            bytes += [UInt8(size >> 8), UInt8(size & 0xff)]
            FuzzPattern.append(0, offset: index, count: size, to: &bytes)
        }
    }

    private mutating func sendAll() {
        while self.wire.count > 0 { self.send(.max) }
    }

    /// Sends a piece and receives until there is no more.
    private mutating func send(_ count: Int) {
        let piece = self.wire.deliver(count)
        var sent = 0
        while sent < piece.count {
            let rest = piece[sent..<piece.count]
            switch rest.withUnsafeBytes({ self.sender.send($0) }) {
            case .bytes(let count): sent += count
            case .wouldBlock: break
            default: preconditionFailure("the other end is open")
            }
            while case .bytes = self.receive() {}
        }
    }

    private mutating func receive() -> Socket.TransferResult {
        var available = 0
        let result = self.input.receive(
            from: self.receiver, into: self.buffer.unsafeMutableBytes, available: &available, spares: &self.spares)
        guard case .bytes = result else { return result }
        let received = UnsafeRawBufferPointer(rebasing: self.buffer.unsafeMutableBytes[..<available])
        var position = 0
        while let message = self.input.nextMessage(in: received, position: &position, spares: &self.spares) {
            precondition(
                self.taken < self.sizes.count && message.count == self.sizes[self.taken], "messages keep their length")
            precondition(
                FuzzPattern.matches(Bytes(copying: message), 0, offset: self.taken), "messages keep their bytes")
            self.taken += 1
        }
        precondition(position == available, "all of the input is used up")
        precondition(self.input.capacity <= SpareBuffers.messageCapacity, "no more is kept than a message")
        return result
    }
}
