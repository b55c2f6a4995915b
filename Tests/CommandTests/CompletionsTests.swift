import Foundation
import Testing

@testable import ApusCommand

struct CompletionsTests {
    @Test(arguments: CompletionsCommand.Shell.allCases)
    func `completions hold every command and option`(_ shell: CompletionsCommand.Shell) {
        let script = CompletionsCommand.script(for: shell, CommandTable.all)
        for command in CommandTable.all {
            for word in command.path { #expect(script.contains(word), "\(word)") }
            for option in command.allOptions {
                #expect(script.contains(shell == .fish ? "-l \(option.name) " : option.flag), "\(option.flag)")
            }
        }
    }

    @Test(arguments: [
        (["apus", ""], ["run", "id", "key", "ping", "completions"]),
        (["apus", "pi"], ["ping"]),
        (["apus", "key", ""], ["generate", "show"]),
        (["apus", "key", "generate", "--t"], ["--type"]),
        (["apus", "key", "generate", "--type", "s"], ["secp256k1"]),
        (["apus", "completions", "z"], ["zsh"]),
        (["apus", "run", "--log-level", "w"], ["warning"]),
    ])
    func `bash completes commands, options and values`(_ words: [String], _ expected: [String]) async throws {
        let script = CompletionsCommand.script(for: .bash, CommandTable.all)
        let quoted = words.map { "'\($0)'" }.joined(separator: " ")
        let program =
            script + "COMP_WORDS=(\(quoted)); COMP_CWORD=\(words.count - 1); _apus; printf '%s\\n' \"${COMPREPLY[@]}\""
        let outcome = try await CommandProcess.start(["-c", program], program: "bash").finish()
        let replies = outcome.output.split(separator: "\n").map(String.init)
        #expect(outcome.errors == "")
        #expect(expected.allSatisfy(replies.contains))
        if expected.count == 1 { #expect(replies == expected) }
    }

    @Test func `an unknown shell is refused`() async throws {
        let outcome = try await CommandProcess.run("completions", "tcsh")
        #expect(outcome.exitCode == 2)
        #expect(outcome.errors == "apus: there are no completions for \"tcsh\", only for bash, zsh and fish\n")
    }
}
