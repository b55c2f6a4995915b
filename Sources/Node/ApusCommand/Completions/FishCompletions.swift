/// Completions for fish.
enum FishCompletions {
    static func script(_ commands: [Command]) -> String {
        var text = """
            # Completions of apus for fish, from "apus completions fish".
            complete -c apus -f
            complete -c apus -n __fish_use_subcommand -l version -d 'Print the version.'

            """
        var seen: [String] = []
        for command in commands {
            guard let name = command.path.first else { continue }
            if !seen.contains(name) {
                seen.append(name)
                let summary = command.path.count == 1 ? " -d \(Self.quoted(command.summary))" : ""
                text += "complete -c apus -n __fish_use_subcommand -a \(name)\(summary)\n"
            }
            if command.path.count > 1 {
                let others = commands.filter { $0.path.first == name && $0.path.count > 1 }.map { $0.path[1] }
                let condition =
                    "__fish_seen_subcommand_from \(name); and not __fish_seen_subcommand_from "
                    + others.joined(separator: " ")
                text += "complete -c apus -n \(Self.quoted(condition)) -a \(command.path[1])"
                text += " -d \(Self.quoted(command.summary))\n"
            }
            text += Self.command(command)
        }
        return text
    }

    private static func command(_ command: Command) -> String {
        let condition = Self.quoted(
            command.path.map { "__fish_seen_subcommand_from \($0)" }.joined(separator: "; and "))
        var text = ""
        for operand in command.operands where operand.completion != .nothing {
            text += "complete -c apus -n \(condition)\(Self.action(operand.completion))\n"
        }
        for option in command.allOptions {
            let value =
                option.isFlag ? "" : (option.completion == .files ? " -r" : " -x") + Self.action(option.completion)
            let help = Self.quoted(String(option.help.prefix { $0 != "." }))
            text += "complete -c apus -n \(condition) -l \(option.name)\(value) -d \(help)\n"
        }
        return text
    }

    private static func action(_ completion: ValueCompletion) -> String {
        switch completion {
        case .nothing: ""
        case .files: " -F"
        case .directories: " -a '(__fish_complete_directories)'"
        case .words(let words): " -a '\(words.joined(separator: " "))'"
        }
    }

    private static func quoted(_ text: String) -> String {
        let escaped = text.reduce(into: "") { text, character in
            if character == "'" || character == "\\" { text.append("\\") }
            text.append(character)
        }
        return "'\(escaped)'"
    }
}
