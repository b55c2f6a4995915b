public import Transport

/// Why a ping failed.
public enum PingError: Error, Hashable, Sendable {
    /// The echo did not come in time; the session can be used on.
    case timedOut(after: Duration)
    /// The peer answered with other bytes than it was sent; the stream was reset.
    case mismatch
    /// The stream ended.
    case closed(StreamCloseReason)
    /// So many pings wait for their echo that another is not worth sending.
    case tooManyUnanswered(limit: Int)
}

extension PingError: CustomStringConvertible {
    public var description: String {
        switch self {
        case .timedOut(let duration): "the peer did not answer the ping within \(duration)"
        case .mismatch: "the peer answered the ping with other bytes than it was sent"
        case .closed(let reason): "the ping stream is closed: \(reason)"
        case .tooManyUnanswered(let limit): "\(limit) pings are unanswered"
        }
    }
}
