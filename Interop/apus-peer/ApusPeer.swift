import Apus
import Foundation

/// A peer for tests and benchmarks over the library's public interface.
///
/// It has the command line of the reference peers (Interop/README.md), so that one harness drives them all.
@main
struct ApusPeer {
    static func main() async {
        let termination = Termination()
        let signals = termination.watchSignals()
        await withTaskGroup(of: Int32.self) { group in
            group.addTask { await Self.perform(Array(ProcessInfo.processInfo.arguments.dropFirst()), termination) }
            group.addTask {
                await termination.waitForEnd()
                return 0
            }
            // What still runs ends with the process: a read of standard input cannot be cancelled.
            exit(await group.next() ?? 0)
        }
        withExtendedLifetime(signals) {}
    }

    /// Carries out the command line; returns the exit code.
    private static func perform(_ arguments: [String], _ termination: Termination) async -> Int32 {
        do {
            try await self.dispatch(arguments, termination)
            return 0
        } catch let error as UsageError {
            Output.log("apus-peer: \(error)")
            return 2
        } catch {
            Output.log("apus-peer: \(error)")
            return 1
        }
    }

    private static func dispatch(_ arguments: [String], _ termination: Termination) async throws {
        if Usage.isWanted(by: arguments) { return Output.write(Usage.text) }
        let rest = Array(arguments.dropFirst())
        switch arguments.first {
        case "run": try await RunCommand.run(rest, termination)
        case "bench": try await BenchCommand.run(rest, termination)
        case "store": try await StoreCommand.run(rest)
        case "contract": try await ContractCommand.run(rest)
        case "version", "--version": Output.write(ApusVersion.agent + "\n")
        case nil: throw UsageError("expected run, bench, contract or store; see: apus-peer --help")
        case let other?:
            throw UsageError(
                "unknown command \"\(other)\": expected run, bench, contract or store; see: apus-peer --help")
        }
    }
}
