public import Transport

/// Why an exchange of `/perf/1.0.0` failed.
public enum PerfError: Error, Hashable, Sendable {
    /// The stream ended before the exchange did.
    case closed(StreamCloseReason)
    /// The server sent `received` bytes and ended its half, where `expected` were asked for.
    case endedEarly(expected: UInt64, received: UInt64)
    /// The server sent more than the `expected` bytes.
    case tooMuchData(expected: UInt64)
    /// The server answered before the upload had ended (libp2p perf, "Protocol": it must not).
    case answeredEarly
    /// Nothing was sent or received for that long; the stream was reset.
    case stalled(after: Duration)
}

extension PerfError: CustomStringConvertible {
    public var description: String {
        switch self {
        case .closed(let reason): "the perf stream was closed: \(reason)"
        case .endedEarly(let expected, let received): "the server sent \(received) of \(expected) bytes"
        case .tooMuchData(let expected): "the server sent more than the \(expected) bytes that were asked for"
        case .answeredEarly: "the server answered before the upload had ended"
        case .stalled(let duration): "the perf exchange stalled: nothing was sent or received for \(duration)"
        }
    }
}
