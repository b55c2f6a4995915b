/// Every command of the program, in the order in which help shows them.
enum CommandTable {
    static let all: [Command] = [
        RunCommand.command, IdentityCommand.command, KeyCommand.generate, KeyCommand.show, PeersCommand.command,
        AccessCommand.list, AccessCommand.allow, AccessCommand.deny, AccessCommand.remove, PingCommand.command,
        IdentifyCommand.command, PerfCommand.command, ConfigCommand.command, CompletionsCommand.command,
        HelpCommand.command, VersionCommand.command,
    ]

    static func named(_ path: [String]) -> Command? { Self.all.first { $0.path == path } }

    /// The commands that begin with the word and go on.
    static func group(_ name: String) -> [Command] { Self.all.filter { $0.path.first == name && $0.path.count > 1 } }
}
