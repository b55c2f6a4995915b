// Besides `Locked`, the only file of the foundations that needs the system's C library: a log must reach standard error with a
// time in front, and neither is in Swift's standard library.
#if canImport(Darwin)
    import Darwin
#else
    import Glibc
#endif

/// The log's default backend: one line of text on standard error.
enum StandardErrorLog {
    static func write(_ line: Log.Line) {
        let text = Array("\(Self.timeText()) \(line.text)\n".utf8)
        // One write a line, so that lines of several threads do not mix; what cannot be written is lost.
        text.withUnsafeBytes {
            #if canImport(Darwin)
                _ = Darwin.write(2, $0.baseAddress, $0.count)
            #else
                _ = Glibc.write(2, $0.baseAddress, $0.count)
            #endif
        }
    }

    /// The time in UTC, as RFC 3339 with milliseconds.
    private static func timeText() -> String {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        var parts = tm()
        gmtime_r(&time.tv_sec, &parts)
        func padded(_ number: some BinaryInteger, _ width: Int) -> String {
            let digits = String(number)
            return String(repeating: "0", count: max(0, width - digits.count)) + digits
        }
        let date = "\(parts.tm_year + 1900)-\(padded(parts.tm_mon + 1, 2))-\(padded(parts.tm_mday, 2))"
        let clock = "\(padded(parts.tm_hour, 2)):\(padded(parts.tm_min, 2)):\(padded(parts.tm_sec, 2))"
        return "\(date)T\(clock).\(padded(time.tv_nsec / 1_000_000, 3))Z"
    }
}

extension Log.Line {
    /// `info swarm: connected peer=12D3… address="/ip4/127.0.0.1/tcp/4001"`: the line without its time.
    public var text: String {
        var text = "\(self.level) \(self.module): \(Self.escaped(self.message))"
        for (name, value) in self.fields {
            text += " \(name)=\(Self.needsQuotes(value) ? "\"\(Self.escaped(value))\"" : value)"
        }
        return text
    }

    private static func needsQuotes(_ value: String) -> Bool {
        value.isEmpty || value.unicodeScalars.contains { $0 == " " || $0 == "=" || Self.mustBeEscaped($0) }
    }

    /// Text may come from a peer: it must not be able to forge a line or to drive a terminal. So the control characters of
    /// both ranges go, and what Unicode counts as an end of a line or as a change of direction.
    private static func mustBeEscaped(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.properties.generalCategory {
        case .control, .format, .lineSeparator, .paragraphSeparator: true
        default: scalar == "\"" || scalar == "\\"
        }
    }

    private static func escaped(_ text: String) -> String {
        guard text.unicodeScalars.contains(where: Self.mustBeEscaped) else { return text }
        var escaped = ""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\n": escaped += "\\n"
            case "\"", "\\": escaped += "\\\(scalar)"
            case _ where Self.mustBeEscaped(scalar): escaped += "\\u{\(String(scalar.value, radix: 16))}"
            default: escaped.unicodeScalars.append(scalar)
            }
        }
        return escaped
    }
}
