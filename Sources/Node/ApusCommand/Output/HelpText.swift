import Apus

/// The help that `apus help` prints, made of the commands' declarations.
enum HelpText {
    /// What the program is and which commands it has.
    static func overview(_ commands: [Command]) -> String {
        """
        apus \(ApusVersion.number): a libp2p node

        Usage: apus COMMAND [arguments] [options]

        Commands:
        \(Self.list(commands))
        "apus help COMMAND" says more of one. Every command takes --json for output that
        programs read, --log-level and --help; "--" ends the options.

        Exit codes: 0 it is done; 1 it failed, and one line on standard error says why;
        2 the arguments or the configuration are wrong; 130 and 143 a signal cut it short.

        """
    }

    /// The commands that begin with the same word.
    static func group(_ name: String, _ commands: [Command]) -> String {
        """
        Usage: apus \(name) COMMAND [arguments] [options]

        Commands:
        \(Self.list(commands))
        "apus help \(name) COMMAND" says more of one.

        """
    }

    private static func list(_ commands: [Command]) -> String {
        let width = commands.map(\.name.count).max() ?? 0
        return commands.map { command in
            "  \(command.name)\(String(repeating: " ", count: width - command.name.count + 2))\(command.summary)\n"
        }.joined()
    }

    /// All that is known of one command.
    static func command(_ command: Command) -> String {
        var text = "apus \(command.name): \(command.summary)\n\nUsage: \(command.usage)\n"
        for paragraph in command.discussion.split(separator: "\n") {
            text += "\n" + TextLayout.indented(String(paragraph), by: 0)
        }
        if !command.operands.isEmpty {
            text += "\nArguments:\n"
            for operand in command.operands {
                text += "  \(operand.name)\n" + TextLayout.indented(operand.help, by: 6)
            }
        }
        text += "\nOptions:\n"
        for option in command.allOptions { text += Self.option(option, of: command) }
        text += "\nExamples:\n"
        for example in command.examples {
            text += "  \(example.command)\n" + TextLayout.indented(example.explanation, by: 6)
        }
        return text
    }

    private static func option(_ option: OptionDeclaration, of command: Command) -> String {
        var title = option.isFlag ? option.flag : "\(option.flag) \(option.valueName)"
        if option.name == CommonOptions.help.declaration.name { title = "-h, \(title)" }
        var text = option.help
        if option.isRepeatable { text += " May be repeated." }
        if option.isFlag {
            if option.defaults == ["true"] { text += " On unless \(option.flag)=false." }
        } else if option.defaults.isEmpty {
            text += option.isRepeatable ? " Default: none." : ""
        } else {
            text += " Default: \(option.defaults.joined(separator: " "))."
        }
        if let variable = option.variable { text += " Environment: \(variable)." }
        if let key = command.key(of: option) { text += " Key: \(key)." }
        return "  \(title)\n" + TextLayout.indented(text, by: 6)
    }

    /// The commands with their options, for programs.
    static func json(_ commands: [Command]) -> JSONText {
        .object([
            "version": .string(ApusVersion.number),
            "commands": .array(
                commands.map { command in
                    .object([
                        "command": .string(command.name), "summary": .string(command.summary),
                        "usage": .string(command.usage), "arguments": .strings(command.operands.map(\.name)),
                        "options": .array(command.allOptions.map { Self.json($0, of: command) }),
                    ])
                }),
        ])
    }

    private static func json(_ option: OptionDeclaration, of command: Command) -> JSONText {
        .object([
            "option": .string(option.flag), "value": option.isFlag ? .null : .string(option.valueName),
            "defaults": .strings(option.defaults), "repeatable": .bool(option.isRepeatable),
            "environment": .optional(option.variable),
            "key": .optional(command.key(of: option)),
            "help": .string(option.help),
        ])
    }
}
