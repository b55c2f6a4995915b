/// A number of bytes, as a person writes it: `64MiB`, `500kB`, `1000`.
struct ByteSize: Hashable, Sendable {
    let bytes: UInt64

    init(bytes: UInt64) { self.bytes = bytes }

    /// Reads a whole number with one of the units below, in any case, or with none.
    init(_ text: String) throws(InvalidValue) {
        let digits = text.prefix { $0.isASCII && $0.isNumber }
        let unit = text.dropFirst(digits.count).drop { $0 == " " }
        guard let factor = Self.factor(unit.lowercased()), let number = UInt64(digits) else {
            throw InvalidValue("\(text.quoted) is not a size, such as 1000, 500kB or 64MiB")
        }
        let (bytes, overflow) = number.multipliedReportingOverflow(by: factor)
        guard !overflow else { throw InvalidValue("\(text.quoted) is more than can be counted") }
        self.bytes = bytes
    }

    private static func factor(_ unit: String) -> UInt64? {
        switch unit {
        case "", "b": 1
        case "kb": 1_000
        case "mb": 1_000_000
        case "gb": 1_000_000_000
        case "tb": 1_000_000_000_000
        case "kib": 1 << 10
        case "mib": 1 << 20
        case "gib": 1 << 30
        case "tib": 1 << 40
        default: nil
        }
    }
}

extension ByteSize: CustomStringConvertible {
    /// With a unit of two to the tenth, and one digit behind the point where the number is not whole.
    var description: String { Self.text(Double(self.bytes)) }

    /// The text of a number of bytes that need not be whole, such as a rate.
    static func text(_ bytes: Double) -> String {
        var value = bytes
        var unit = "B"
        for next in ["KiB", "MiB", "GiB", "TiB"] where value >= 1_024 {
            value /= 1_024
            unit = next
        }
        return "\(value.text(digits: value == value.rounded() ? 0 : 1)) \(unit)"
    }
}

extension Double {
    /// The number with that many digits behind the point.
    func text(digits: Int) -> String {
        var factor = 1.0
        for _ in 0..<digits { factor *= 10 }
        let scaled = (self.magnitude * factor).rounded()
        guard scaled < 1e18 else { return "\(self)" }
        let text = String(UInt64(scaled))
        let padded = String(repeating: "0", count: Swift.max(0, digits + 1 - text.count)) + text
        let sign = self < 0 && scaled > 0 ? "-" : ""
        return sign + padded.dropLast(digits) + (digits > 0 ? "." + padded.suffix(digits) : "")
    }
}
