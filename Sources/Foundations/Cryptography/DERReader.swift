internal import Bytes

/// Reads the elements of a DER encoding (X.690, section 10) one after the other; nil where the input is something else.
///
/// Only what keys need: tags of one byte and lengths of at most 65,535 bytes in their shortest form. It finds out how
/// large a peer's numbers are before any arithmetic sees them.
struct DERReader {
    static let integer: UInt8 = 0x02
    static let bitString: UInt8 = 0x03
    static let octetString: UInt8 = 0x04
    static let sequence: UInt8 = 0x30

    private var rest: Bytes

    init(_ bytes: Bytes) {
        self.rest = bytes
    }

    var isAtEnd: Bool { self.rest.isEmpty }

    /// The content of the next element if it has this tag; otherwise the position stays where it is.
    mutating func element(_ tag: UInt8) -> Bytes? {
        var reader = BytesReader(self.rest)
        guard (try? reader.readUInt8()) == tag, let count = Self.length(&reader),
            let content = try? reader.readBytes(count)
        else { return nil }
        self.rest = reader.readRest()
        return content
    }

    /// The elements of the next element, which must be a sequence.
    mutating func sequence() -> DERReader? {
        self.element(Self.sequence).map(DERReader.init)
    }

    /// The magnitude of the next element, an integer that is not negative, without leading zeros.
    mutating func unsignedInteger() -> Bytes? {
        guard let content = self.element(Self.integer), let first = content.first, first < 0x80 else { return nil }
        guard first == 0 else { return content }
        guard content.count > 1 else { return Bytes() }
        return content[1] >= 0x80 ? content[1..<content.count] : nil
    }

    /// The content of the next element, a bit string of whole bytes.
    mutating func bitString() -> Bytes? {
        guard let content = self.element(Self.bitString), content.first == 0 else { return nil }
        return content[1..<content.count]
    }

    private static func length(_ reader: inout BytesReader) -> Int? {
        guard let first = try? reader.readUInt8() else { return nil }
        switch first {
        case 0..<0x80:
            return Int(first)
        case 0x81:
            guard let length = try? reader.readUInt8(), length >= 0x80 else { return nil }
            return Int(length)
        case 0x82:
            guard let length = try? reader.readInteger(UInt16.self), length >= 0x100 else { return nil }
            return Int(length)
        default:
            return nil
        }
    }
}
