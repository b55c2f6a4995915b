internal import Bytes

/// Writes elements of DER (X.690, section 10).
enum DERWriter {
    /// An element of at most 65,535 bytes of content.
    static func element(_ tag: UInt8, _ content: some Collection<UInt8>) -> [UInt8] {
        precondition(content.count <= 0xffff, "the elements of keys are smaller")
        var element = [tag]
        switch content.count {
        case ..<0x80: element.append(UInt8(content.count))
        case ..<0x100: element += [0x81, UInt8(content.count)]
        default: element += [0x82, UInt8(content.count >> 8), UInt8(content.count & 0xff)]
        }
        return element + content
    }

    /// An integer with this magnitude, which has no leading zeros.
    static func unsignedInteger(_ magnitude: Bytes) -> [UInt8] {
        let isHigh = (magnitude.first ?? 0x80) >= 0x80
        return self.element(DERReader.integer, (isHigh ? [0] : []) + Array(magnitude))
    }
}
