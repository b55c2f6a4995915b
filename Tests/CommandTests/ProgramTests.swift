import Testing

@testable import ApusCommand

/// What the program does whatever the command is.
struct ProgramTests {
    @Test func `the version is printed`() async throws {
        let outcome = try await CommandProcess.run("--version")
        #expect(outcome.exitCode == 0)
        #expect(outcome.output == "apus 0.1.0\n")
        #expect(try await CommandProcess.run("--version", "--json").object["version"] as? String == "0.1.0")
    }

    @Test func `help goes to standard output, and a mistake to standard error`() async throws {
        let help = try await CommandProcess.run("--help")
        #expect(help.exitCode == 0)
        #expect(help.output == HelpText.overview(CommandTable.all))
        #expect(help.errors == "")
        let command = try await CommandProcess.run("key", "generate", "--help")
        #expect(command.output == HelpText.command(KeyCommand.generate))
        let mistake = try await CommandProcess.run("pubsub", "subscribe", "x")
        #expect(mistake.exitCode == 2)
        #expect(mistake.output == "")
        #expect(mistake.errors == "apus: there is no command \"pubsub\"; see: apus help\n")
    }

    @Test func `help of run starts no node`() async throws {
        let home = try TemporaryDirectory()
        let outcome = try await CommandProcess.run("run", "--help", home: home.path)
        #expect(outcome.exitCode == 0)
        #expect(outcome.output == HelpText.command(RunCommand.command))
    }

    @Test func `a bad variable of the environment is one line and exit code 2`() async throws {
        let outcome = try await CommandProcess.run("id", environment: ["APUS_LOG_LEVEL": "loud"])
        #expect(outcome.exitCode == 2)
        #expect(outcome.errors == "apus: APUS_LOG_LEVEL: \"loud\" is none of trace, debug, info, warning, error\n")
    }

    @Test func `a disk that is full is an error`() async throws {
        let outcome = try await CommandProcess.start(
            ["-c", "exec \"$0\" help > /dev/full", CommandProcess.apus], program: "bash"
        ).finish()
        #expect(outcome.exitCode == 1)
        #expect(outcome.errors.hasPrefix("apus: cannot write to standard output: "))
    }

    @Test func `a standard output that is closed never becomes a socket`() async throws {
        let node = try await RunningNode.start()
        let outcome = try await CommandProcess.start(
            ["-c", "exec \"$0\" ping \"$1\" --count 2 --interval 0 >&-", CommandProcess.apus, node.address],
            program: "bash"
        ).finish()
        #expect(outcome.exitCode == 0)
        #expect(outcome.errors == "")
        let connected = try await node.event("peer_connected")
        let disconnected = try await node.event("peer_disconnected")
        #expect(disconnected["peer"] as? String == connected["peer"] as? String)
        #expect(disconnected["reason"] as? String == "closed by the peer")
    }
}
