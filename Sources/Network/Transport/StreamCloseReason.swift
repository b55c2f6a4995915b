/// Why a stream ended.
public enum StreamCloseReason: Error, Hashable, Sendable {
    /// Both halves ended in order.
    case finished
    /// The peer reset the stream; `code` is 0 where the muxer or the peer names none.
    case resetByPeer(code: UInt32)
    /// We reset the stream.
    case resetLocally(code: UInt32)
    /// The peer broke the muxer's or the negotiation's rules on this stream.
    case protocolViolation(String)
    /// The connection under the stream ended.
    case connectionClosed(String)
}

extension StreamCloseReason: CustomStringConvertible {
    public var description: String {
        switch self {
        case .finished: "the stream ended"
        case .resetByPeer(0): "the peer reset the stream"
        case .resetByPeer(let code): "the peer reset the stream with code \(code)"
        case .resetLocally(0): "the stream was reset on this side"
        case .resetLocally(let code): "the stream was reset on this side with code \(code)"
        case .protocolViolation(let what): "the stream was ended: \(what)"
        case .connectionClosed(let why): "the connection was closed: \(why)"
        }
    }
}

/// Why an operation on a stream failed.
public enum StreamError: Error, Hashable, Sendable {
    /// The stream had ended, or ended meanwhile.
    case closed(StreamCloseReason)
    /// Data was written behind the end of our half.
    case writeAfterClose
    /// The deadline passed first.
    case timedOut(operation: String, after: Duration)
    /// The peer sent more than the `limit` bytes that the reader allows.
    case tooMuchData(limit: Int)
    /// The peer ended its half after `received` of the `expected` bytes.
    case endedEarly(expected: Int, received: Int)
    /// The peer speaks none of the protocols that were asked for.
    case protocolsNotSupported([String])
    /// No stream can be opened on the connection now.
    case cannotOpen(String)
    /// A limit of this node does not allow it.
    case refused(ResourceLimitError)
}

extension StreamError: CustomStringConvertible {
    public var description: String {
        switch self {
        case .closed(let reason): "\(reason)"
        case .writeAfterClose: "nothing can be written: this side of the stream is closed"
        case .timedOut(let operation, let after): "\(operation) took longer than \(after)"
        case .tooMuchData(let limit): "the peer sent more than the \(limit) bytes allowed"
        case .endedEarly(let expected, let received):
            "the peer ended the stream after \(received) of \(expected) bytes"
        case .protocolsNotSupported(let protocols):
            "the peer supports none of the protocols \(protocols.joined(separator: ", "))"
        case .cannotOpen(let why): "no stream can be opened: \(why)"
        case .refused(let limit): "\(limit)"
        }
    }
}
