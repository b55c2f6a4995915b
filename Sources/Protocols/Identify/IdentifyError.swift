public import Bytes
public import Transport

/// Why a peer could not be identified.
public enum IdentifyError: Error, Hashable, Sendable {
    /// The peer did not send its message in time.
    case timedOut(after: Duration)
    /// No stream for the exchange could be opened, or it failed.
    case stream(StreamError)
    /// A message is not the protobuf that it must be.
    case malformed(ProtobufError)
    /// A message is longer than `limit` bytes.
    case messageTooLong(limit: Int)
    /// The peer sent more than `limit` messages at once.
    case tooManyMessages(limit: Int)
    /// The peer ended the stream before its message was complete.
    case endedEarly
    /// The connection ended before its peer was identified.
    case connectionClosed
    /// The service was stopped.
    case stopped
}

extension IdentifyError: CustomStringConvertible {
    public var description: String {
        switch self {
        case .timedOut(let duration): "the peer did not identify itself within \(duration)"
        case .stream(let cause): "the peer could not be asked to identify itself: \(cause)"
        case .malformed(let cause): "the peer's identify message cannot be read: \(cause)"
        case .messageTooLong(let limit): "the peer's identify message is longer than \(limit) bytes"
        case .tooManyMessages(let limit): "the peer's identify answer has more than \(limit) messages"
        case .endedEarly: "the peer ended the stream in the middle of its identify message"
        case .connectionClosed: "the connection ended before the peer was identified"
        case .stopped: "the identify service was stopped"
        }
    }
}
