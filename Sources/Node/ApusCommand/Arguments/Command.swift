import Apus

/// One command of the command line, declared as data; what it does is in `perform`.
struct Command: Sendable {
    /// Something that is given by its place.
    struct Operand: Sendable {
        let name: String
        let help: String
        let completion: ValueCompletion
        /// Whether there may be none of it, or more than one.
        let isOptional: Bool

        init(_ name: String, help: String, completion: ValueCompletion = .nothing, isOptional: Bool = false) {
            self.name = name
            self.help = help
            self.completion = completion
            self.isOptional = isOptional
        }
    }

    struct Example: Sendable {
        let command: String
        let explanation: String

        init(_ command: String, _ explanation: String) {
            self.command = command
            self.explanation = explanation
        }
    }

    /// The words that call it, such as ["key", "show"].
    let path: [String]
    /// What it does, as a clause without a capital and full stop.
    let summary: String
    /// What else one should know, in sentences.
    let discussion: String
    let operands: [Operand]
    /// Its own options; those of `CommonOptions` come on top.
    let options: [OptionDeclaration]
    let examples: [Example]
    /// Whether the command runs until a signal asks it to end, and sees to that itself.
    let endsBySignal: Bool
    let perform: @Sendable (Invocation) async throws -> Void

    init(
        _ path: String..., summary: String, discussion: String, operands: [Operand] = [],
        options: [OptionDeclaration] = [], examples: [Example], endsBySignal: Bool = false,
        perform: @escaping @Sendable (Invocation) async throws -> Void
    ) {
        self.path = path
        self.summary = summary
        self.discussion = discussion
        self.operands = operands
        self.options = options
        self.examples = examples
        self.endsBySignal = endsBySignal
        self.perform = perform
    }

    /// The words as a user writes them.
    var name: String { self.path.joined(separator: " ") }

    /// Every option that the command takes; one of its own stands in for a common one of the same name.
    var allOptions: [OptionDeclaration] {
        self.options + CommonOptions.all.filter { common in !self.options.contains { $0.name == common.name } }
    }

    /// Whether its settings may stand in a configuration file.
    var isConfigurable: Bool { self.options.contains { $0.name == RunOptions.config.declaration.name } }

    /// The key that an option has in the command's configuration file.
    func key(of option: OptionDeclaration) -> String? {
        self.isConfigurable && RunOptions.settings.contains { $0.name == option.name } ? option.key : nil
    }

    /// `apus ping ADDR [options]`.
    var usage: String {
        (["apus"] + self.path + self.operands.map { $0.isOptional ? "[\($0.name)]..." : $0.name } + ["[options]"])
            .joined(separator: " ")
    }
}

/// The options that every command takes.
enum CommonOptions {
    static let json = Option.flag("json", help: "Print JSON on standard output, one object a line.")
    static let help = Option.flag("help", help: "Print this help.")
    /// Of a command that does one thing: its failure is the line that matters.
    static let logLevel = Self.logLevel(defaultsTo: .error)

    static let all = [Self.json.declaration, Self.logLevel.declaration, Self.help.declaration]

    static func logLevel(defaultsTo level: Log.Level) -> Option<Log.Level> {
        Option(
            "log-level", "LEVEL", .word, defaults: ["\(level)"], isSetting: true,
            help: "The least that is logged on standard error: trace, debug, info, warning or error.")
    }
}
