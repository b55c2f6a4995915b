internal import Bytes

/// Takes messages from an input that may end anywhere, and no byte behind the last message that was asked for.
struct MultistreamMessageReader: Sendable {
    /// What has arrived of a message: at most its length and `MultistreamLimits.messageSize` bytes.
    private var arrived: [UInt8] = []

    private static var sizeLimit: Int { Defence.multistreamMessageSize.limit(MultistreamLimits.messageSize) }

    /// The text of the next message without its newline, or nil where the input ends before the message does.
    mutating func next(_ input: inout BytesReader) throws(MultistreamError) -> String? {
        if self.arrived.isEmpty, let text = try Self.read(&input) { return text }
        while true {
            let missing = try self.missingCount()
            if missing == 0 { break }
            guard let part = try? input.readUnsafe(min(missing, input.remaining)), !part.isEmpty else { return nil }
            self.arrived.append(contentsOf: part)
        }
        var message = BytesReader(Bytes(self.arrived))
        self.arrived = []
        return try Self.read(&message)
    }

    /// How many bytes the message lacks as far as can be said: one while its length is not whole.
    private func missingCount() throws(MultistreamError) -> Int {
        var length = BytesReader(Bytes(self.arrived.prefix(9)))
        do {
            let count = try length.readLength(limit: Self.sizeLimit)
            return length.position + count - self.arrived.count
        } catch .truncated {
            return 1
        } catch {
            throw Self.malformed(error)
        }
    }

    /// The message at the position, or nil where it is not whole; then the position stays.
    private static func read(_ input: inout BytesReader) throws(MultistreamError) -> String? {
        let message: Bytes
        do {
            message = try input.readLengthPrefixed(limit: Self.sizeLimit)
        } catch .truncated {
            return nil
        } catch {
            throw Self.malformed(error)
        }
        guard message.last == UInt8(ascii: "\n"), let text = message[0..<message.count - 1].utf8Text else {
            throw .malformedMessage
        }
        return text
    }

    private static func malformed(_ error: BytesError) -> MultistreamError {
        if case .limitExceeded = error { .messageTooLong } else { .malformedMessage }
    }
}
