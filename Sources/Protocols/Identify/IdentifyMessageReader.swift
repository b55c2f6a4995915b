import Bytes

/// Reads one answer: a message behind its length, or several that are merged, as go-libp2p splits a long one.
struct IdentifyMessageReader {
    /// What has come so far.
    private(set) var message = IdentifyMessage()
    private var messageCount = 0
    /// The beginning of a message whose rest has not arrived, at most `IdentifyLimits.messageSize` and its length.
    private var partial: [UInt8] = []

    /// Whether what has come is whole.
    var isComplete: Bool { self.messageCount > 0 && self.partial.isEmpty }

    mutating func receive(_ memory: UnsafeRawBufferPointer) throws(IdentifyError) {
        self.partial.append(contentsOf: memory)
        var reader = BytesReader(Bytes(self.partial))
        while !reader.isAtEnd, let message = try Self.next(&reader) {
            guard Defence.identifyMessages.holds(self.messageCount < IdentifyLimits.messages) else {
                throw .tooManyMessages(limit: IdentifyLimits.messages)
            }
            self.messageCount += 1
            do {
                try self.message.merge(message)
            } catch {
                throw .malformed(error)
            }
        }
        self.partial.removeFirst(reader.position)
    }

    /// The next message, or nil where its rest has not arrived.
    private static func next(_ reader: inout BytesReader) throws(IdentifyError) -> Bytes? {
        do {
            return try reader.readLengthPrefixed(limit: Defence.identifyMessageSize.limit(IdentifyLimits.messageSize))
        } catch .truncated {
            return nil
        } catch .limitExceeded(let limit) {
            throw .messageTooLong(limit: limit)
        } catch {
            throw .malformed(.malformed(error))
        }
    }
}
