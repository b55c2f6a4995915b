/// A command with everything that it was called with.
struct Invocation: Sendable {
    let command: Command
    let values: OptionValues
    let operands: [String]
    let output: Output
    let signals: ProcessSignals
    /// Whether JSON is asked for.
    let isJSON: Bool

    init(
        _ parsed: ParsedArguments, values: OptionValues, output: Output, signals: ProcessSignals
    ) throws(CommandError) {
        self.command = parsed.command
        self.values = values
        self.operands = parsed.operands
        self.output = output
        self.signals = signals
        self.isJSON = try values[CommonOptions.json]
    }

    /// The operand at a place; the parser made sure of those that are needed.
    func operand(_ index: Int) throws(CommandError) -> String {
        guard self.operands.indices.contains(index) else { throw .usage("an argument is missing") }
        return self.operands[index]
    }
}
