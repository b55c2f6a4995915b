extension Duration {
    /// Reads a number with a unit: `500ms`, `1.5s`, `2m`, `1h`; without one it is seconds.
    init(text: String) throws(InvalidValue) {
        let digits = text.prefix { $0.isASCII && ($0.isNumber || $0 == ".") }
        let unit: Double? =
            switch text.dropFirst(digits.count) {
            case "us": 1e-6
            case "ms": 1e-3
            case "", "s": 1
            case "m", "min": 60
            case "h": 3_600
            default: nil
            }
        guard let unit, let number = Double(digits), number * unit <= Self.longest else {
            throw InvalidValue("\(text.quoted) is not a time, such as 500ms, 10s or 2m")
        }
        self = .seconds(number * unit)
    }

    /// The longest time that is read, in seconds: a year.
    private static var longest: Double { 31_536_000 }

    /// The time in seconds.
    var seconds: Double {
        let (seconds, attoseconds) = self.components
        return Double(seconds) + Double(attoseconds) * 1e-18
    }

    /// The time for a sentence: `100 ms`, `1.5 s`.
    var text: String {
        let isLong = self.seconds >= 1
        let number = isLong ? self.seconds : self.seconds * 1_000
        return "\(number.text(digits: number == number.rounded() ? 0 : 1)) \(isLong ? "s" : "ms")"
    }

    /// The time in milliseconds, to the microsecond: `0.123 ms`.
    var millisecondsText: String { "\((self.seconds * 1_000).text(digits: 3)) ms" }
}
