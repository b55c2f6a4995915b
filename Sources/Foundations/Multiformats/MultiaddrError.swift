public import Bytes

/// Why a text or bytes are not a multiaddr, or a multiaddr could not be made.
public struct MultiaddrError: Error, Hashable, Sendable {
    /// What is wrong.
    public enum Reason: Error, Hashable, Sendable {
        /// Nothing is there, or nothing but slashes.
        case empty
        /// The text does not begin with "/".
        case noLeadingSlash
        /// A protocol's name that is not in the table.
        case unknownProtocol(String)
        /// A protocol's code that is not in the table.
        case unknownCode(UInt64)
        /// The text ends where the value of a protocol should stand.
        case missingValue(MultiaddrProtocol)
        /// A value that the protocol cannot have; `explanation` says which and why.
        case invalidValue(MultiaddrProtocol, explanation: String)
        /// The bytes end inside a component or have a malformed varint.
        case malformed(BytesError)
        /// A component follows one whose value is a path, which reaches to the end of the text.
        case componentAfterPath
        /// More than `limit` bytes, or characters of text.
        case tooLong(limit: Int)
        /// More than `limit` components.
        case tooManyComponents(limit: Int)
    }

    /// The text, or the bytes in hexadecimal, shortened and quoted for a person.
    public let input: String
    /// What is wrong with it.
    public let reason: Reason

    init(text: String, _ reason: Reason) {
        self.input = text.quoted
        self.reason = reason
    }

    init(bytes: Bytes, _ reason: Reason) {
        self.input = bytes.isEmpty ? "\"\"" : "0x\(bytes)"
        self.reason = reason
    }
}

extension MultiaddrError: CustomStringConvertible {
    public var description: String { "\(self.input) is not a multiaddr: \(self.reason)" }
}

extension MultiaddrError.Reason: CustomStringConvertible {
    public var description: String {
        switch self {
        case .empty: "it is empty"
        case .noLeadingSlash: "it does not begin with \"/\""
        case .unknownProtocol(let name): "\(name.quoted) is not the name of a protocol"
        case .unknownCode(let code): "\(code) is not the code of a protocol"
        case .missingValue(let proto): "/\(proto) must be followed by a value"
        case .invalidValue(_, let explanation): explanation
        case .malformed(let cause): "\(cause)"
        case .componentAfterPath: "a component follows a path"
        case .tooLong(let limit): "it is longer than \(limit)"
        case .tooManyComponents(let limit): "it has more than \(limit) components"
        }
    }
}

extension StringProtocol {
    /// The first 128 characters between quotes, with what is not printable escaped: a peer may have chosen them.
    var quoted: String {
        let shown = self.prefix(128)
        return (shown.endIndex == self.endIndex ? String(shown) : shown + "…").debugDescription
    }
}
