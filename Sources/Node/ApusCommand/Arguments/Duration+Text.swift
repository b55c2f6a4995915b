import Apus

extension Duration {
    /// Reads a number with a unit: `500ms`, `1.5s`, `2m`, `1h`; without one it is seconds. Throws where it is not within
    /// `range`, of which the upper bound is at most `longest`.
    init(text: String, in range: ClosedRange<Duration> = .zero...Self.longest) throws(InvalidValue) {
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
        guard let unit, let number = Double(digits) else {
            throw InvalidValue("\(text.quoted) is not a time, such as 500ms, 10s or 2m")
        }
        let seconds = number * unit
        // A duration of more seconds than 64 bits count would trap.
        guard seconds <= Self.longest.seconds, range.contains(.seconds(seconds)) else {
            throw InvalidValue(
                "\(text.quoted) is not a time from \(range.lowerBound.optionText) to \(range.upperBound.optionText)")
        }
        self = .seconds(seconds)
    }

    /// The longest time that is read: a year.
    static var longest: Duration { .seconds(31_536_000) }
    /// The shortest time in which something can happen: timers are no finer.
    static var shortestLimit: Duration { .milliseconds(1) }

    /// The time as one would write it on the command line, to the millisecond: `1ms`, `30s`, `8760h`.
    var optionText: String {
        let milliseconds = self.saturatingNanoseconds / 1_000_000
        return switch milliseconds {
        case 0: "0"
        case _ where milliseconds % 3_600_000 == 0: "\(milliseconds / 3_600_000)h"
        case _ where milliseconds % 1_000 == 0: "\(milliseconds / 1_000)s"
        default: "\(milliseconds)ms"
        }
    }

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
