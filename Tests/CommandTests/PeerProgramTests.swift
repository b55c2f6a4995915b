import Foundation
import Testing

/// `apus-peer`, the peer of the interoperability runs, by the built program.
struct PeerProgramTests {
    @Test(arguments: [
        ["--help"], ["-h"], ["help"], ["run", "--help"], ["bench", "bulk", "--help"], ["contract", "-h"],
    ])
    func `help goes to standard output and is no failure`(_ arguments: [String]) async throws {
        let outcome = try await CommandProcess.start(arguments, program: CommandProcess.apusPeer).finish()
        #expect(outcome.exitCode == 0)
        #expect(outcome.output.hasPrefix("apus-peer: a peer for tests and benchmarks\n\nUsage: apus-peer run "))
        #expect(outcome.errors == "")
    }

    @Test(arguments: [[], ["dance"]])
    func `a command line without a command says where help is`(_ arguments: [String]) async throws {
        let outcome = try await CommandProcess.start(arguments, program: CommandProcess.apusPeer).finish()
        #expect(outcome.exitCode == 2)
        #expect(outcome.output == "")
        #expect(outcome.errors.hasSuffix("see: apus-peer --help\n"))
    }

    @Test(arguments: ["transport", "perf"])
    func `a contract names the variable that is missing`(_ contract: String) async throws {
        let outcome = try await CommandProcess.start(["contract", contract], program: CommandProcess.apusPeer).finish()
        #expect(outcome.exitCode == 2)
        #expect(outcome.output == "")
        #expect(outcome.errors.contains("TRANSPORT (in test-plans: transport) is missing"))
    }

    @Test func `a command that asks for too much is answered, and the peer goes on`() async throws {
        let peer = RunningNode.stranger
        let answers = try await Self.answers(to: [
            #"{"cmd":"echo","peer":"\#(peer)","bytes":1,"streams":9223372036854775807}"#,
            #"{"cmd":"request","peer":"\#(peer)","bytes":1,"streams":65537}"#,
            #"{"cmd":"echo","peer":"\#(peer)","bytes":1,"streams":-1}"#,
            #"{"cmd":"request","peer":"\#(peer)","bytes":4294967296}"#,
            #"{"cmd":"ping","peer":"\#(peer)","count":1000001}"#,
            #"{"cmd":"echo","peer":"\#(peer)","streams":9223372036854775808}"#,
            #"{"cmd":"addrs"}"#,
        ])
        #expect(
            answers.dropLast(3).map { $0["error"] as? String } == [
                #""streams" is 9223372036854775807: expected a number from 0 to 65536"#,
                #""streams" is 65537: expected a number from 0 to 65536"#,
                #""streams" is -1: expected a number from 0 to 65536"#,
                #""bytes" is 4294967296: expected a number from 0 to 4294967295"#,
                #""count" is 1000001: expected a number from 0 to 1000000"#,
            ])
        #expect(answers.map { $0["ok"] as? Bool } == [false, false, false, false, false, false, true, true])
        #expect(answers.last?["reply"] as? String == "quit")
    }

    /// What a running peer answers to these lines, and to `quit` behind them.
    private static func answers(to lines: [String]) async throws -> [[String: Any]] {
        let outcome = try await CommandProcess.start(
            ["-c", "printf '%s\\n' \"$@\" | \"$0\" run", CommandProcess.apusPeer] + lines + [#"{"cmd":"quit"}"#],
            program: "bash"
        ).finish()
        #expect(outcome.exitCode == 0)
        return outcome.output.split(separator: "\n").map { RunningNode.object(String($0)) }.filter {
            $0["reply"] != nil
        }
    }
}
