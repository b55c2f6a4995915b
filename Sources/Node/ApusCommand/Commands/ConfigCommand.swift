/// `apus config example`: a configuration file to begin with.
enum ConfigCommand {
    static let command = Command(
        "config", "example", summary: "print a configuration file with every setting",
        discussion:
            "Each key stands with its meaning and its default. The file can be used as it is, or be cut down to what "
            + "is to differ. With --json it prints the defaults without comments.",
        examples: [
            Command.Example(
                "apus config example > apus.json5", "Writes a file for \"apus run --config apus.json5\"."),
            Command.Example("apus config example --json", "Prints the defaults for a program."),
        ],
        perform: Self.perform)

    private static func perform(_ invocation: Invocation) async throws {
        if invocation.isJSON {
            try await invocation.output.line(ConfigurationExample.json())
        } else {
            try await invocation.output.write(ConfigurationExample.text())
        }
    }
}
