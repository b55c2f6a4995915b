internal import Bytes

/// The messages of multistream-select 1.0.0: a varint, that many bytes of text, of which the last is a newline
/// (multistream-select README, "Protocol").
enum MultistreamMessage {
    static let header = "/multistream/1.0.0"
    static let notAvailable = "na"
    static let list = "ls"

    /// Whether `name` can be a protocol of this node: it fits a message and cannot be taken for another one.
    static func isValid(protocolName name: String) -> Bool {
        !name.isEmpty && name.utf8.count < MultistreamLimits.messageSize && !name.utf8.contains(UInt8(ascii: "\n"))
            && name != Self.header && name != Self.notAvailable && name != Self.list
    }

    /// Appends the message that says `text`.
    static func append(_ text: String, to writer: inout BytesWriter) {
        writer.writeVarint(UInt64(text.utf8.count + 1))
        writer.write(text.utf8)
        writer.write(UInt8(ascii: "\n"))
    }

    /// Appends the answer to `ls`: one message around a message for each name, and a newline.
    ///
    /// Names that would make it longer than a peer reads are left out, the last ones first.
    static func append(listing names: [String], to writer: inout BytesWriter) {
        var listing = BytesWriter()
        for name in names where Self.isValid(protocolName: name) {
            var entry = BytesWriter()
            Self.append(name, to: &entry)
            guard listing.count + entry.count < MultistreamLimits.messageSize else { break }
            listing.write(entry.bytes)
        }
        listing.write(UInt8(ascii: "\n"))
        writer.writeLengthPrefixed(listing.bytes)
    }
}
