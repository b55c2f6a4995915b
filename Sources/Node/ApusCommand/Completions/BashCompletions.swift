/// Completions for bash.
enum BashCompletions {
    static func script(_ commands: [Command]) -> String {
        """
        # Completions of apus for bash, from "apus completions bash".
        _apus() {
            local current=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD-1]} command= words= word
            for word in "${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
                case "$command $word" in
                    \(Self.paths(commands).map { "\" \($0)\"" }.joined(separator: "|"))) command=" $word" ;;
                    \(Self.pairs(commands).map { "\" \($0)\"" }.joined(separator: "|"))) command="$command $word" ;;
                esac
            done
            case "$command:$previous" in
        \(commands.map(Self.values).joined())    esac
            case "$command" in
                "") words="\(Self.paths(commands).joined(separator: " ")) --help --version" ;;
        \(Self.groups(commands).map(Self.group).joined())\(commands.map(Self.command).joined())    esac
            COMPREPLY=($(compgen -W "$words" -- "$current"))
            if [[ "$command" == \(Self.commandsWithFiles(commands)) && "$current" != -* ]]; then
                COMPREPLY+=($(compgen -f -- "$current"))
            fi
        }
        complete -F _apus apus

        """
    }

    /// The first words of the commands.
    private static func paths(_ commands: [Command]) -> [String] {
        commands.compactMap(\.path.first).reduce(into: []) { if !$0.contains($1) { $0.append($1) } }
    }

    private static func pairs(_ commands: [Command]) -> [String] {
        commands.filter { $0.path.count > 1 }.map(\.name)
    }

    private static func groups(_ commands: [Command]) -> [(name: String, words: [String])] {
        Self.paths(commands).compactMap { name in
            let words = commands.filter { $0.path.first == name && $0.path.count > 1 }.map { $0.path[1] }
            return words.isEmpty ? nil : (name, words)
        }
    }

    private static func group(_ group: (name: String, words: [String])) -> String {
        "        \" \(group.name)\") words=\"\(group.words.joined(separator: " ")) --help\" ;;\n"
    }

    private static func command(_ command: Command) -> String {
        var words = command.allOptions.map(\.flag)
        for operand in command.operands {
            if case .words(let values) = operand.completion { words = values + words }
        }
        return "        \" \(command.name)\") words=\"\(words.joined(separator: " "))\" ;;\n"
    }

    private static func values(_ command: Command) -> String {
        command.allOptions.filter { !$0.isFlag }.map { option in
            let reply =
                switch option.completion {
                case .nothing: "COMPREPLY=()"
                case .files: "COMPREPLY=($(compgen -f -- \"$current\"))"
                case .directories: "COMPREPLY=($(compgen -d -- \"$current\"))"
                case .words(let words):
                    "COMPREPLY=($(compgen -W \"\(words.joined(separator: " "))\" -- \"$current\"))"
                }
            return "        \" \(command.name):\(option.flag)\") \(reply); return ;;\n"
        }.joined()
    }

    private static func commandsWithFiles(_ commands: [Command]) -> String {
        "@("
            + commands.filter { $0.operands.contains { $0.completion == .files } }.map { "\" \($0.name)\"" }
            .joined(separator: "|") + ")"
    }
}
