/// `apus completions`: what a shell needs to complete commands and options.
enum CompletionsCommand {
    static let command = Command(
        "completions", summary: "print completions for a shell",
        discussion:
            "The script completes commands, options, and values such as files and key types. It is made from the same "
            + "declarations as this help.",
        operands: [
            Command.Operand(
                "SHELL", help: "bash, zsh or fish.", completion: .words(Shell.allCases.map(\.rawValue)))
        ],
        examples: [
            Command.Example(
                "source <(apus completions bash)", "Completes in this bash; put it into ~/.bashrc to keep it."),
            Command.Example(
                "apus completions fish > ~/.config/fish/completions/apus.fish", "Completes in fish from now on."),
        ],
        perform: Self.perform)

    enum Shell: String, CaseIterable {
        case bash, zsh, fish
    }

    private static func perform(_ invocation: Invocation) async throws {
        let name = try invocation.operand(0)
        guard let shell = Shell(rawValue: name) else {
            throw CommandError.usage("there are no completions for \(name.quoted), only for bash, zsh and fish")
        }
        let script = Self.script(for: shell, CommandTable.all)
        if invocation.isJSON {
            try await invocation.output.json(.object(["shell": .string(shell.rawValue), "script": .string(script)]))
        } else {
            try await invocation.output.write(script)
        }
    }

    static func script(for shell: Shell, _ commands: [Command]) -> String {
        switch shell {
        case .bash: BashCompletions.script(commands)
        case .zsh: ZshCompletions.script(commands)
        case .fish: FishCompletions.script(commands)
        }
    }
}
