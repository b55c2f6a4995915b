import Bytes
import Cryptography
import EventLoop
import Noise

/// Cuts what a socket receives into Noise messages.
///
/// Whole messages are taken straight from the loop's receive buffer. The start of one whose end has not come yet moves to
/// memory of this connection, and the next receive goes behind it first; an idle connection holds none.
struct NoiseInput: ~Copyable {
    var cipher: NoiseCipherState
    /// What a private network has put around all bytes, which is taken off as they come; nil for none.
    var network: XSalsa20?
    /// The start of a message, with its length in front.
    private var rest: ByteStorage?
    private var restCount = 0
    /// The message that was completed in `rest` is being looked at.
    private var restIsWhole = false

    /// Memory that a message holds whose end has not come, in bytes.
    var capacity: Int { self.rest?.capacity ?? 0 }

    init(cipher: consuming NoiseCipherState) {
        self.cipher = cipher
    }

    /// Whether the input stands between two messages.
    var isAtMessageBoundary: Bool { self.restCount == 0 }

    /// Receives once; `available` is set to how many bytes of `buffer` are to be cut into messages then.
    mutating func receive(
        from socket: Socket, into buffer: UnsafeMutableRawBufferPointer, available: inout Int,
        spares: inout SpareBuffers
    ) -> Socket.TransferResult {
        available = 0
        guard let rest, self.restCount >= NoiseLimits.lengthSize else {
            return self.receiveBehindShortRest(from: socket, into: buffer, available: &available, spares: &spares)
        }
        let missing = Self.messageEnd(in: rest) - self.restCount
        let target = UnsafeMutableRawBufferPointer(
            rebasing: rest.unsafeMutableBytes[self.restCount..<self.restCount + missing])
        let result = socket.receiveVectored(into: target, and: buffer)
        if case .bytes(let count) = result {
            if self.network != nil { self.decrypt(count, in: target, and: buffer) }
            self.restCount += min(count, missing)
            self.restIsWhole = count >= missing
            available = max(count - missing, 0)
        }
        return result
    }

    /// Without a rest, or with one byte of a length, everything goes to the buffer.
    private mutating func receiveBehindShortRest(
        from socket: Socket, into buffer: UnsafeMutableRawBufferPointer, available: inout Int,
        spares: inout SpareBuffers
    ) -> Socket.TransferResult {
        let kept = self.restCount
        if kept > 0, let rest {
            buffer.copyMemory(from: UnsafeRawBufferPointer(rebasing: rest.unsafeMutableBytes[..<kept]))
        }
        let result = socket.receive(into: UnsafeMutableRawBufferPointer(rebasing: buffer[kept...]))
        if case .bytes(let count) = result {
            self.network?.apply(to: UnsafeMutableRawBufferPointer(rebasing: buffer[kept..<kept + count]))
            available = kept + count
            self.releaseRest(&spares)
        }
        return result
    }

    /// The next whole message, without its length, or nil when the rest of `buffer` is kept for the next receive.
    ///
    /// The message is valid until the next call.
    mutating func nextMessage(
        in buffer: UnsafeRawBufferPointer, position: inout Int, spares: inout SpareBuffers
    ) -> UnsafeRawBufferPointer? {
        if let rest, self.restIsWhole {
            self.restIsWhole = false
            let end = self.restCount
            self.restCount = 0
            return UnsafeRawBufferPointer(rebasing: UnsafeRawBufferPointer(rest.unsafeMutableBytes)[2..<end])
        }
        let remaining = buffer.count - position
        if remaining >= NoiseLimits.lengthSize {
            let length = Int(buffer[position]) << 8 | Int(buffer[position + 1])
            let start = position + NoiseLimits.lengthSize
            if length <= buffer.count - start {
                position = start + length
                return UnsafeRawBufferPointer(rebasing: buffer[start..<start + length])
            }
        }
        if remaining > 0 {
            self.keep(UnsafeRawBufferPointer(rebasing: buffer[position...]), &spares)
            position = buffer.count
        } else if self.restCount == 0 {
            self.releaseRest(&spares)
        }
        return nil
    }

    private mutating func keep(_ bytes: UnsafeRawBufferPointer, _ spares: inout SpareBuffers) {
        let storage = self.rest ?? spares.takeMessage()
        storage.unsafeMutableBytes.copyMemory(from: bytes)
        self.rest = storage
        self.restCount = bytes.count
    }

    private mutating func releaseRest(_ spares: inout SpareBuffers) {
        if let rest { spares.giveBack(rest) }
        self.rest = nil
        self.restCount = 0
    }

    /// Takes off what a private network has put around the first `count` bytes of `first` and `second` behind it.
    private mutating func decrypt(
        _ count: Int, in first: UnsafeMutableRawBufferPointer, and second: UnsafeMutableRawBufferPointer
    ) {
        let ofFirst = min(count, first.count)
        self.network?.apply(to: UnsafeMutableRawBufferPointer(rebasing: first[..<ofFirst]))
        self.network?.apply(to: UnsafeMutableRawBufferPointer(rebasing: second[..<(count - ofFirst)]))
    }

    private static func messageEnd(in rest: ByteStorage) -> Int {
        NoiseLimits.lengthSize + (Int(rest.unsafeMutableBytes[0]) << 8 | Int(rest.unsafeMutableBytes[1]))
    }
}
