import Apus
import Foundation

/// The program `apus`: it reads its arguments, runs one command, and ends with the exit code that the command earned.
@main struct ApusCommand {
    static func main() async {
        StandardDescriptors.open()
        StandardDescriptors.ignoreBrokenPipes()
        let code: Int32
        do {
            code = try await Self.run(Array(CommandLine.arguments.dropFirst()), ProcessInfo.processInfo.environment)
        } catch {
            code = Self.report(error)
        }
        exit(code)
    }

    /// Runs the command that `arguments` name, and returns the exit code of one that ended as it should.
    private static func run(_ arguments: [String], _ environment: [String: String]) async throws -> Int32 {
        let parsed = try ArgumentParser(commands: CommandTable.all).parse(arguments)
        if parsed.wantsHelp {
            let path = parsed.command.path == HelpCommand.command.path ? parsed.operands : parsed.command.path
            try await HelpCommand.print(path, isJSON: arguments.contains("--json"), to: Output())
            return 0
        }
        let values = try OptionValues(parsed, environment: environment)
        Log.level = try values[CommonOptions.logLevel]
        let signals = try await ProcessSignals()
        do {
            let invocation = try Invocation(parsed, values: values, output: Output(), signals: signals)
            let signal =
                parsed.command.endsBySignal
                ? try await Self.perform(parsed.command, invocation)
                : try await Self.performUntilSignal(parsed.command, invocation)
            await signals.stop()
            return signal?.exitCode ?? 0
        } catch {
            // No thread may live on while the process ends: the libraries' own endings are not made for that.
            await signals.stop()
            throw error
        }
    }

    private static func perform(_ command: Command, _ invocation: Invocation) async throws -> SignalWatcher.Signal? {
        try await command.perform(invocation)
        return nil
    }

    /// Performs a command that a signal cuts short; returns that signal.
    private static func performUntilSignal(
        _ command: Command, _ invocation: Invocation
    ) async throws -> SignalWatcher.Signal? {
        try await withThrowingTaskGroup(of: SignalWatcher.Signal?.self) { group in
            group.addTask { try await Self.perform(command, invocation) }
            group.addTask { await invocation.signals.first() }
            defer { group.cancelAll() }
            guard let signal = try await group.next() ?? nil else { return nil }
            group.cancelAll()
            do {
                // A command that returns has said what it did so far, and is then as good as finished.
                _ = try await group.next()
                return nil
            } catch {
                return signal
            }
        }
    }

    /// Prints why a command failed, and returns the exit code.
    private static func report(_ error: any Error) -> Int32 {
        let error = error as? CommandError ?? .failed(FailureText.text(error))
        if let message = error.message { ErrorOutput.line(message) }
        return error.exitCode
    }
}
