/// Why a DNS message could not be read, or a name is none.
public enum DNSError: Error, Hashable, Sendable {
    /// The message ended before what it announced did.
    case truncated
    /// A name or a label is longer than RFC 1035, section 2.3.4, allows, or a label is empty.
    case invalidName
    /// A compressed name points at itself, forward, or through too many places (RFC 1035, section 4.1.4).
    case invalidPointer
    /// The message has more questions or records than `MDNSLimits` allows.
    case tooManyRecords
    /// The message is longer than `MDNSLimits.messageSize`.
    case messageTooLong
    /// The message is neither an ordinary query nor an answer without an error (RFC 6762, sections 18.3 and 18.11).
    case unsupportedMessage
    /// The data of a record does not have the form of its type.
    case invalidRecord
}

extension DNSError: CustomStringConvertible {
    /// A plain sentence.
    public var description: String {
        switch self {
        case .truncated: "the DNS message ends too early"
        case .invalidName: "a name in the DNS message is too long or has an empty label"
        case .invalidPointer: "a compressed name in the DNS message points where it must not"
        case .tooManyRecords: "the DNS message has too many records"
        case .messageTooLong: "the DNS message is too long"
        case .unsupportedMessage: "the DNS message is neither a query nor an answer"
        case .invalidRecord: "a record of the DNS message does not have the form of its type"
        }
    }
}
