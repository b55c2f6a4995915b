/// A domain name in the form of messages: labels behind their lengths, in lower case, since names are compared without it
/// (RFC 1035, section 2.3.3), and without the root's empty label.
public struct DNSName: Hashable, Sendable {
    /// The longest name and the longest label (RFC 1035, section 2.3.4), the name with the root's label.
    static let longestName = 255
    static let longestLabel = 63

    /// The labels, each behind its length.
    let wire: [UInt8]

    init(wire: [UInt8]) { self.wire = wire }

    /// The name of these labels. Throws where one is empty or too long, or all are.
    public init(_ labels: [String]) throws(DNSError) {
        var wire: [UInt8] = []
        for label in labels {
            let bytes = Array(label.utf8)
            guard (1...Self.longestLabel).contains(bytes.count) else { throw .invalidName }
            wire.append(UInt8(bytes.count))
            wire += bytes.map(Self.lowercase)
        }
        guard wire.count < Self.longestName else { throw .invalidName }
        self.wire = wire
    }

    /// This name under `parent`. Throws where that is too long.
    public func under(_ parent: DNSName) throws(DNSError) -> DNSName {
        guard self.wire.count + parent.wire.count < Self.longestName else { throw .invalidName }
        return DNSName(wire: self.wire + parent.wire)
    }

    static func lowercase(_ byte: UInt8) -> UInt8 {
        (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(byte) ? byte | 0x20 : byte
    }
}

extension DNSName: CustomStringConvertible {
    /// The labels with dots between; what is no printable ASCII, and a dot or a backslash, as `\DDD`.
    public var description: String {
        var text = ""
        var rest = self.wire[...]
        while let length = rest.popFirst() {
            if !text.isEmpty { text += "." }
            for byte in rest.prefix(Int(length)) {
                let isPlain = (33...126).contains(byte) && byte != UInt8(ascii: ".") && byte != UInt8(ascii: "\\")
                let digits = String(byte)
                text +=
                    isPlain
                    ? String(UnicodeScalar(byte)) : "\\" + String(repeating: "0", count: 3 - digits.count) + digits
            }
            rest = rest.dropFirst(Int(length))
        }
        return text
    }
}
