import Bytes

/// A base that writes the bytes as one big-endian number, and each leading zero byte as a leading zero digit
/// (draft-msporny-base58-03; multiformats/multibase, `rfcs/Base36.md`).
///
/// Both directions take time that grows with the square of the length, so the text that is read is bounded.
struct RadixCoding: Sendable {
    /// Enough for 1,024 bytes in base 36 and 58; a multihash has at most 147 bytes.
    static let maximumTextLength = 1_600

    private let alphabet: BaseAlphabet
    private let radix: UInt64
    /// How many digits are handled at once: as many as fit 64 bits.
    private let chunkLength: Int

    init(_ alphabet: BaseAlphabet) {
        self.alphabet = alphabet
        self.radix = UInt64(alphabet.symbols.count)
        var chunkLength = 0
        var scale: UInt64 = 1
        while case let (product, overflow) = scale.multipliedReportingOverflow(by: self.radix), !overflow {
            scale = product
            chunkLength += 1
        }
        self.chunkLength = chunkLength
    }

    func decode(_ text: Substring.UTF8View, in base: Multibase) throws(MultiformatsError) -> Bytes {
        guard text.count <= Self.maximumTextLength else { throw .textTooLong(limit: Self.maximumTextLength) }
        var limbs: [UInt64] = []  // the least significant first
        var zeros = 0
        var chunk: UInt64 = 0
        var scale: UInt64 = 1
        var chunkCount = 0
        for symbol in text {
            guard let value = self.alphabet.value(of: symbol) else {
                throw .invalidCharacter(self.alphabet.firstForeignCharacter(in: text), base: base)
            }
            if value == 0, limbs.isEmpty, chunk == 0 {
                zeros += 1
                continue
            }
            // The products cannot overflow: a chunk has only as many digits as 64 bits hold.
            chunk = chunk &* self.radix &+ UInt64(value)
            scale = scale &* self.radix
            chunkCount += 1
            if chunkCount == self.chunkLength {
                Self.multiply(&limbs, by: scale, adding: chunk)
                (chunk, scale, chunkCount) = (0, 1, 0)
            }
        }
        if chunkCount > 0 { Self.multiply(&limbs, by: scale, adding: chunk) }

        var bytes = [UInt8](repeating: 0, count: zeros)
        for (index, limb) in limbs.reversed().enumerated() {
            let skipped = index == 0 ? limb.leadingZeroBitCount / 8 : 0
            for shift in stride(from: 56 - 8 * skipped, through: 0, by: -8) {
                bytes.append(UInt8(truncatingIfNeeded: limb >> UInt64(shift)))
            }
        }
        return Bytes(bytes)
    }

    func encode(_ bytes: Bytes) -> [UInt8] {
        let zeros = bytes.prefix { $0 == 0 }.count
        var limbs: [UInt64] = []  // the most significant first; the first one may be part of a limb
        var limb: UInt64 = 0
        for (index, byte) in bytes.enumerated() {
            limb = limb << 8 | UInt64(byte)
            if (bytes.count - index - 1).isMultiple(of: 8) {
                if limb != 0 || !limbs.isEmpty { limbs.append(limb) }
                limb = 0
            }
        }
        var scale: UInt64 = 1
        for _ in 0..<self.chunkLength { scale = scale &* self.radix }

        var text: [UInt8] = []  // the least significant digit first
        var first = 0
        while first < limbs.count {
            var remainder: UInt64 = 0
            for index in first..<limbs.count {
                (limbs[index], remainder) = scale.dividingFullWidth((remainder, limbs[index]))
            }
            while first < limbs.count, limbs[first] == 0 { first += 1 }
            for _ in 0..<self.chunkLength {
                if first == limbs.count, remainder == 0 { break }
                text.append(self.alphabet.symbols[Int(remainder % self.radix)])
                remainder /= self.radix
            }
        }
        for _ in 0..<zeros { text.append(self.alphabet.symbols[0]) }
        return text.reversed()
    }

    private static func multiply(_ limbs: inout [UInt64], by factor: UInt64, adding summand: UInt64) {
        var carry = summand
        for index in limbs.indices {
            let (high, low) = limbs[index].multipliedFullWidth(by: factor)
            let (sum, overflow) = low.addingReportingOverflow(carry)
            limbs[index] = sum
            carry = high &+ (overflow ? 1 : 0)
        }
        if carry > 0 { limbs.append(carry) }
    }
}
