/// Why bytes could not be read or written.
public enum BytesError: Error, Hashable, Sendable {
    /// The input ended before the value did; more bytes could complete it.
    case truncated
    /// A varint has more bytes than its format allows, or a value of more than 64 bits.
    case varintTooLong
    /// A varint that must be minimal ends in a zero byte (unsigned-varint specification, "Practical maximum").
    case varintNotMinimal
    /// A length or a count is above the limit that the reader or writer was given.
    case limitExceeded(limit: Int)
    /// A text is not valid UTF-8.
    case invalidText
}

extension BytesError: CustomStringConvertible {
    public var description: String {
        switch self {
        case .truncated: "the input ends too early"
        case .varintTooLong: "a varint is too long"
        case .varintNotMinimal: "a varint is not in its shortest form"
        case .limitExceeded(let limit): "a length is above the limit of \(limit) bytes"
        case .invalidText: "a text is not valid UTF-8"
        }
    }
}
