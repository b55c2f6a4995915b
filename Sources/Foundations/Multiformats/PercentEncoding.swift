import Bytes

extension Bytes {
    /// Reads a text with "%" and two hexadecimal digits for the bytes that cannot stand for themselves (RFC 3986, section
    /// 2.1); nil where a "%" has no such digits behind it. A "+" is a "+".
    init?(percentEncoded text: Substring) {
        var bytes: [UInt8] = []
        var rest = text.utf8
        while let byte = rest.popFirst() {
            guard byte == UInt8(ascii: "%") else {
                bytes.append(byte)
                continue
            }
            guard let digits = String(rest.prefix(2)), let decoded = Bytes(hex: digits), decoded.count == 1 else {
                return nil
            }
            bytes.append(decoded[0])
            rest = rest.dropFirst(2)
        }
        self.init(bytes)
    }

    /// The text with all but the unreserved characters of RFC 3986 (section 2.3) encoded, which every decoder reads alike:
    /// go-multiaddr takes a bare "+" for a space.
    var percentEncoded: String {
        var text: [UInt8] = []
        for byte in self {
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"),
                UInt8(ascii: "~"):
                text.append(byte)
            default:
                text.append(contentsOf: "%\(hexadecimal([byte]).uppercased())".utf8)
            }
        }
        return String(decoding: text, as: UTF8.self)
    }
}
