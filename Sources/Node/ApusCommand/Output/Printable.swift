/// Text that peers or users chose, made safe for a person's terminal.
enum Printable {
    /// The text with control, format and separator characters escaped, so that it can neither drive a terminal nor forge a
    /// line.
    static func text(_ text: String) -> String {
        guard text.unicodeScalars.contains(where: Self.isUnsafe) else { return text }
        var escaped = ""
        for scalar in text.unicodeScalars {
            if Self.isUnsafe(scalar) {
                escaped += scalar == "\n" ? "\\n" : "\\u{\(String(scalar.value, radix: 16))}"
            } else {
                escaped.unicodeScalars.append(scalar)
            }
        }
        return escaped
    }

    private static func isUnsafe(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.properties.generalCategory {
        case .control, .format, .lineSeparator, .paragraphSeparator, .privateUse: true
        default: false
        }
    }
}
