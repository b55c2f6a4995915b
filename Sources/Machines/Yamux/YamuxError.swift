/// Why a Yamux session cannot go on, or an operation on it cannot be done.
public enum YamuxError: Error, Hashable, Sendable {
    case invalidVersion(UInt8)
    case invalidFrameType(UInt8)
    case incompleteHeader
    /// A stream was begun with number 0 or with a number of the other side's parity.
    case invalidStreamNumber(UInt32)
    /// A stream was begun that is already open.
    case streamAlreadyOpen(UInt32)
    /// The peer sent more data than the stream's window allows.
    case receiveWindowExceeded(stream: UInt32)
    /// The peer's window updates add up to more than 2^32 - 1.
    case sendWindowOverflow(stream: UInt32)
    /// A frame claims a payload longer than any window.
    case frameTooLong(UInt32)
    /// The peer sends pings or refused streams faster than it reads the answers.
    case tooManyUnansweredFrames
    /// The peer sends frames that move nothing without an end.
    case tooManyIdleFrames
    /// No answer to a keep-alive ping came in time.
    case keepAliveTimeout
    /// One side said GoAway: no stream can be opened any more.
    case goingAway
    /// As many opened streams wait for the peer's acknowledgement as the specification lets wait.
    case tooManyUnacknowledgedStreams
    /// The session has as many streams as it may have, or has used up all stream numbers.
    case tooManyStreams

    /// What a GoAway frame says of this error.
    public var goAwayCode: YamuxGoAwayCode {
        switch self {
        case .keepAliveTimeout, .goingAway, .tooManyUnacknowledgedStreams, .tooManyStreams: .normal
        default: .protocolError
        }
    }
}

extension YamuxError: CustomStringConvertible {
    public var description: String {
        switch self {
        case .invalidVersion(let version): "the peer sent a Yamux frame of unknown version \(version)"
        case .invalidFrameType(let type): "the peer sent a Yamux frame of unknown type \(type)"
        case .incompleteHeader: "a Yamux header is incomplete"
        case .invalidStreamNumber(let number): "the peer opened stream \(number), a number that is not its to choose"
        case .streamAlreadyOpen(let number): "the peer opened stream \(number), which is already open"
        case .receiveWindowExceeded(let number): "the peer sent more on stream \(number) than its window allows"
        case .sendWindowOverflow(let number): "the peer's window for stream \(number) grew past 2^32 - 1"
        case .frameTooLong(let length): "the peer sent a frame of \(length) bytes, longer than any window"
        case .tooManyUnansweredFrames: "the peer sends pings or streams but does not read the answers"
        case .tooManyIdleFrames: "the peer sends pings, GoAways or small window updates without an end"
        case .keepAliveTimeout: "the peer did not answer a keep-alive ping in time"
        case .goingAway: "the connection is being closed and takes no new streams"
        case .tooManyUnacknowledgedStreams: "too many opened streams wait for the peer to accept them"
        case .tooManyStreams: "the connection has as many streams as it may have"
        }
    }
}
