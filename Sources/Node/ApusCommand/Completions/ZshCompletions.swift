/// Completions for zsh.
enum ZshCompletions {
    static func script(_ commands: [Command]) -> String {
        """
        #compdef apus
        # Completions of apus for zsh, from "apus completions zsh".
        _apus() {
            local -a names
            if (( CURRENT == 2 )); then
                names=(\(Self.names(commands)))
                _describe command names
                return
            fi
            case "$words[2] $words[3]" in
        \(commands.filter { $0.path.count > 1 }.map(Self.command).joined())    esac
            case "$words[2]" in
        \(Self.groups(commands))\(commands.filter { $0.path.count == 1 }.map(Self.command).joined())    esac
        }
        if [[ "$funcstack[1]" == _apus ]]; then _apus "$@"; else compdef _apus apus; fi

        """
    }

    private static func names(_ commands: [Command]) -> String {
        var seen: [String] = []
        return commands.compactMap { command -> String? in
            guard let name = command.path.first, !seen.contains(name) else { return nil }
            seen.append(name)
            return Self.quoted(command.path.count == 1 ? "\(name):\(command.summary)" : name)
        }.joined(separator: " ")
    }

    private static func groups(_ commands: [Command]) -> String {
        var text = ""
        var seen: [String] = []
        for name in commands.filter({ $0.path.count > 1 }).compactMap(\.path.first) where !seen.contains(name) {
            seen.append(name)
            let members = commands.filter { $0.path.first == name && $0.path.count > 1 }
            let words = members.map { Self.quoted("\($0.path[1]):\($0.summary)") }.joined(separator: " ")
            text += "        \(name)) names=(\(words)); _describe command names ;;\n"
        }
        return text
    }

    private static func command(_ command: Command) -> String {
        var specifications = command.allOptions.map(Self.option)
        for operand in command.operands {
            let prefix = operand.isOptional ? "*" : ""
            specifications.append(Self.quoted("\(prefix):\(operand.name):\(Self.action(operand.completion))"))
        }
        let pattern = command.path.count > 1 ? "\"\(command.name)\"" : command.name
        let arguments = specifications.joined(separator: " \\\n                ")
        let shift = "shift \(command.path.count) words; (( CURRENT -= \(command.path.count) ))"
        return "        \(pattern)) \(shift)\n            _arguments -S \(arguments)\n            return ;;\n"
    }

    private static func option(_ option: OptionDeclaration) -> String {
        let help = String(option.help.prefix { $0 != "." }).replacing(characters: "[]:\\")
        let repeated = option.isRepeatable ? "*" : ""
        guard !option.isFlag else { return Self.quoted("\(repeated)\(option.flag)[\(help)]") }
        let name = option.valueName.replacing(characters: "[]:\\")
        return Self.quoted("\(repeated)\(option.flag)=[\(help)]:\(name):\(Self.action(option.completion))")
    }

    private static func action(_ completion: ValueCompletion) -> String {
        switch completion {
        case .nothing: ""
        case .files: "_files"
        case .directories: "_files -/"
        case .words(let words): "(\(words.joined(separator: " ")))"
        }
    }

    private static func quoted(_ text: String) -> String {
        "'" + text.split(separator: "'", omittingEmptySubsequences: false).joined(separator: "'\\''") + "'"
    }
}

extension String {
    /// The text with a backslash in front of each of `characters`.
    fileprivate func replacing(characters: String) -> String {
        self.reduce(into: "") { text, character in
            if characters.contains(character) { text.append("\\") }
            text.append(character)
        }
    }
}
