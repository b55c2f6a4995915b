/// The characters of a base, by value, and the values, by character.
struct BaseAlphabet: Sendable {
    let symbols: [UInt8]
    /// 255 where the base has no such character.
    private let values: [UInt8]

    /// With `ignoringCase`, letters of either case are read; a base without both cases says so in the table.
    init(_ symbols: String, ignoringCase: Bool = false) {
        self.symbols = Array(symbols.utf8)
        var values = [UInt8](repeating: .max, count: 256)
        for (value, symbol) in self.symbols.enumerated() {
            values[Int(symbol)] = UInt8(value)
            if ignoringCase, Character(UnicodeScalar(symbol)).isLetter {
                values[Int(symbol ^ 0x20)] = UInt8(value)
            }
        }
        self.values = values
    }

    func value(of symbol: UInt8) -> UInt8? {
        let value = self.values[Int(symbol)]
        return value == .max ? nil : value
    }

    /// The first character of `text` that the base does not have, for an error; it can be longer than one byte.
    func firstForeignCharacter(in text: Substring.UTF8View) -> Character {
        let foreign = Substring(text).first { character in
            character.asciiValue.flatMap { self.value(of: $0) } == nil
        }
        return foreign ?? "\u{fffd}"
    }
}

extension Multibase {
    enum Coding {
        case bits(BitCoding)
        case radix(RadixCoding)
    }

    var coding: Coding {
        switch self {
        case .base2: .bits(Self.base2Coding)
        case .base8: .bits(Self.base8Coding)
        case .base10: .radix(Self.base10Coding)
        case .base16: .bits(Self.base16Coding)
        case .base16upper: .bits(Self.base16upperCoding)
        case .base32: .bits(Self.base32Coding)
        case .base32upper: .bits(Self.base32upperCoding)
        case .base32pad: .bits(Self.base32Coding.padded)
        case .base32padupper: .bits(Self.base32upperCoding.padded)
        case .base32hex: .bits(Self.base32hexCoding)
        case .base32hexupper: .bits(Self.base32hexupperCoding)
        case .base32hexpad: .bits(Self.base32hexCoding.padded)
        case .base32hexpadupper: .bits(Self.base32hexupperCoding.padded)
        case .base32z: .bits(Self.base32zCoding)
        case .base36: .radix(Self.base36Coding)
        case .base36upper: .radix(Self.base36upperCoding)
        case .base58btc: .radix(Self.base58btcCoding)
        case .base58flickr: .radix(Self.base58flickrCoding)
        case .base64: .bits(Self.base64Coding)
        case .base64pad: .bits(Self.base64Coding.padded)
        case .base64url: .bits(Self.base64urlCoding)
        case .base64urlpad: .bits(Self.base64urlCoding.padded)
        }
    }

    private static let digits = "0123456789"
    private static let lower = "abcdefghijklmnopqrstuvwxyz"
    private static let upper = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"

    private static let base2Coding = BitCoding(BaseAlphabet("01"), bits: 1)
    private static let base8Coding = BitCoding(BaseAlphabet("01234567"), bits: 3)
    private static let base16Coding = BitCoding(BaseAlphabet("0123456789abcdef", ignoringCase: true), bits: 4)
    private static let base16upperCoding = BitCoding(BaseAlphabet("0123456789ABCDEF", ignoringCase: true), bits: 4)
    static let base32Coding = BitCoding(BaseAlphabet(lower + "234567", ignoringCase: true), bits: 5)
    private static let base32upperCoding = BitCoding(BaseAlphabet(upper + "234567", ignoringCase: true), bits: 5)
    private static let base32hexCoding = BitCoding(
        BaseAlphabet(digits + lower.prefix(22), ignoringCase: true), bits: 5)
    private static let base32hexupperCoding = BitCoding(
        BaseAlphabet(digits + upper.prefix(22), ignoringCase: true), bits: 5)
    private static let base32zCoding = BitCoding(BaseAlphabet("ybndrfg8ejkmcpqxot1uwisza345h769"), bits: 5)
    private static let base64Coding = BitCoding(BaseAlphabet(upper + lower + digits + "+/"), bits: 6)
    private static let base64urlCoding = BitCoding(BaseAlphabet(upper + lower + digits + "-_"), bits: 6)

    private static let base10Coding = RadixCoding(BaseAlphabet(digits))
    private static let base36Coding = RadixCoding(BaseAlphabet(digits + lower, ignoringCase: true))
    private static let base36upperCoding = RadixCoding(BaseAlphabet(digits + upper, ignoringCase: true))
    private static let base58btcCoding = RadixCoding(
        BaseAlphabet("123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"))
    private static let base58flickrCoding = RadixCoding(
        BaseAlphabet("123456789abcdefghijkmnopqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ"))
}
