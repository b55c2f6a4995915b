/// `apus help`: what the program and each of its commands do.
enum HelpCommand {
    static let command = Command(
        "help", summary: "explain the program or one command",
        discussion: "With --json it prints every command and option as one object.",
        operands: [Command.Operand("COMMAND", help: "The command to explain.", isOptional: true)],
        examples: [
            Command.Example("apus help", "Lists the commands."),
            Command.Example(
                "apus help key generate", "Explains \"apus key generate\", as \"apus key generate --help\" does."),
        ],
        perform: Self.perform)

    private static func perform(_ invocation: Invocation) async throws {
        try await Self.print(invocation.operands, isJSON: invocation.isJSON, to: invocation.output)
    }

    /// Explains the command of that path, a group of commands, or the program.
    static func print(_ path: [String], isJSON: Bool, to output: Output) async throws {
        let commands: [Command]
        let text: String
        if path.isEmpty {
            (commands, text) = (CommandTable.all, HelpText.overview(CommandTable.all))
        } else if let command = CommandTable.named(path) {
            (commands, text) = ([command], HelpText.command(command))
        } else if let name = path.first, path.count == 1, !CommandTable.group(name).isEmpty {
            commands = CommandTable.group(name)
            text = HelpText.group(name, commands)
        } else {
            let name = path.joined(separator: " ")
            throw CommandError.usage(
                "there is no command \(name.quoted)"
                    + NearestName.question(
                        name, among: CommandTable.all.map(\.name), prefix: "apus help ", otherwise: "apus help"))
        }
        if isJSON { try await output.json(HelpText.json(commands)) } else { try await output.write(text) }
    }
}
