/// A configuration file with every setting, its meaning and its default.
enum ConfigurationExample {
    /// The file as JSON5 with comments; it reads back as nothing but defaults.
    static func text(_ options: [OptionDeclaration] = RunOptions.settings) -> String {
        var text = """
            // Settings of "apus run --config FILE", each with its default. Flags such as --data-dir and environment variables
            // such as APUS_DATA_DIR come before this file. It is JSON5: comments, commas at the end and keys without quotes
            // are all right.
            {

            """
        for (index, option) in options.enumerated() {
            if index > 0 { text += "\n" }
            for line in TextLayout.wrap(option.help, width: 110) { text += "    // \(line)\n" }
            text += "    \(option.key): \(Self.value(of: option, separator: ", ")),\n"
        }
        return text + "}\n"
    }

    /// The same as one JSON object.
    static func json(_ options: [OptionDeclaration] = RunOptions.settings) -> String {
        "{" + options.map { "\(JSONText.quote($0.key)):\(Self.value(of: $0, separator: ","))" }.joined(separator: ",")
            + "}"
    }

    private static func value(of option: OptionDeclaration, separator: String) -> String {
        let literals = option.defaults.map { option.literal == .string ? JSONText.quote($0) : $0 }
        return option.isRepeatable
            ? "[\(literals.joined(separator: separator))]" : literals.first ?? "null"
    }
}
