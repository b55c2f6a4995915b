/// How text for people is laid out.
enum TextLayout {
    /// The text in lines of at most `width` characters, broken at blanks.
    static func wrap(_ text: String, width: Int) -> [String] {
        var lines: [String] = []
        var line = ""
        for word in text.split(separator: " ") {
            if line.isEmpty {
                line = String(word)
            } else if line.count + 1 + word.count <= width {
                line += " \(word)"
            } else {
                lines.append(line)
                line = String(word)
            }
        }
        return line.isEmpty ? lines : lines + [line]
    }

    /// The text in lines that are indented.
    static func indented(_ text: String, by indent: Int, width: Int = Self.width) -> String {
        Self.wrap(text, width: width - indent)
            .map { String(repeating: " ", count: indent) + $0 + "\n" }
            .joined()
    }

    /// The width of help, in characters: it fits a terminal of 80 columns.
    static let width = 79
}
