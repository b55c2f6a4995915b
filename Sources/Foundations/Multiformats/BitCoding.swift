import Bytes

/// A base whose characters stand for a fixed number of bits: the most significant bit first, the last character filled
/// up with zero bits (RFC 4648, sections 4 to 8).
struct BitCoding: Sendable {
    private let alphabet: BaseAlphabet
    private let bits: Int
    private var isPadded = false
    private var ignoresTrailingBits = false

    init(_ alphabet: BaseAlphabet, bits: Int) {
        self.alphabet = alphabet
        self.bits = bits
    }

    /// The same base with "=" up to the next whole group of characters and bytes.
    var padded: BitCoding {
        var padded = self
        padded.isPadded = true
        return padded
    }

    /// The same base that reads any bits in the last character's filling (RFC 4648, section 3.5).
    var ignoringTrailingBits: BitCoding {
        var lenient = self
        lenient.ignoresTrailingBits = true
        return lenient
    }

    /// The characters of the smallest group that stands for whole bytes: 8 in base 32, 4 in base 64.
    private var groupLength: Int { self.bits == 5 ? 8 : 4 }

    func encode(_ bytes: Bytes) -> [UInt8] {
        var text: [UInt8] = []
        text.reserveCapacity(bytes.count / self.bits * 8 + 16)
        var pending = 0
        var pendingBits = 0
        let mask = 1 << self.bits - 1
        for byte in bytes {
            pending = (pending << 8 | Int(byte)) & 0xffff
            pendingBits += 8
            while pendingBits >= self.bits {
                pendingBits -= self.bits
                text.append(self.alphabet.symbols[pending >> pendingBits & mask])
            }
        }
        if pendingBits > 0 {
            text.append(self.alphabet.symbols[pending << (self.bits - pendingBits) & mask])
        }
        while self.isPadded, !text.count.isMultiple(of: self.groupLength) {
            text.append(UInt8(ascii: "="))
        }
        return text
    }

    func decode(_ text: Substring.UTF8View, in base: Multibase) throws(MultiformatsError) -> Bytes {
        var symbols = text
        if self.isPadded {
            guard text.count.isMultiple(of: self.groupLength) else { throw .invalidLength(base: base) }
            while symbols.last == UInt8(ascii: "=") { symbols.removeLast() }
            guard text.count - symbols.count < self.groupLength else { throw .invalidLength(base: base) }
        }
        var bytes: [UInt8] = []
        bytes.reserveCapacity(symbols.count / 8 * self.bits + 8)
        var pending = 0
        var pendingBits = 0
        for symbol in symbols {
            guard let value = self.alphabet.value(of: symbol) else {
                throw .invalidCharacter(self.alphabet.firstForeignCharacter(in: symbols), base: base)
            }
            pending = (pending << self.bits | Int(value)) & 0xffff
            pendingBits += self.bits
            if pendingBits >= 8 {
                pendingBits -= 8
                bytes.append(UInt8(truncatingIfNeeded: pending >> pendingBits))
            }
        }
        // A further whole character that adds no byte cannot come from an encoder.
        guard pendingBits < self.bits else { throw .invalidLength(base: base) }
        guard self.ignoresTrailingBits || pending & (1 << pendingBits - 1) == 0 else {
            throw .invalidTrailingBits(base: base)
        }
        return Bytes(bytes)
    }
}
