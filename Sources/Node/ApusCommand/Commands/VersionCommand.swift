import Apus

/// `apus version` and `apus --version`.
enum VersionCommand {
    static let command = Command(
        "version", summary: "print the version", discussion: "\"apus --version\" is the same.",
        examples: [
            Command.Example("apus --version", "Prints the name and the version."),
            Command.Example("apus version --json", "Prints them as an object."),
        ],
        perform: Self.perform)

    private static func perform(_ invocation: Invocation) async throws {
        if invocation.isJSON {
            try await invocation.output.json(
                .object(["name": .string("apus"), "version": .string(ApusVersion.number)]))
        } else {
            try await invocation.output.line("apus \(ApusVersion.number)")
        }
    }
}
