import Apus
import Foundation
import Testing

@testable import ApusCommand

/// Help is made from the declarations: that it teaches is a matter of what they say, and that it is whole is tested here.
struct HelpTests {
    @Test(arguments: CommandTable.all.map(\.name))
    func `help of a command shows every option with its default, variable and key`(_ name: String) throws {
        let command = try #require(CommandTable.all.first { $0.name == name })
        let help = HelpText.command(command)
        let words = help.split { $0.isWhitespace }.joined(separator: " ")
        #expect(help.contains("Usage: \(command.usage)\n"))
        for operand in command.operands { #expect(words.contains(" \(operand.name) \(operand.help)")) }
        for option in command.allOptions {
            #expect(words.contains("\(option.flag)\(option.isFlag ? "" : " \(option.valueName)") \(option.help)"))
            if let variable = option.variable { #expect(words.contains("Environment: \(variable).")) }
            if !option.isFlag, !option.defaults.isEmpty {
                #expect(words.contains("Default: \(option.defaults.joined(separator: " "))."))
            }
        }
        #expect(
            help.split(separator: "\n").allSatisfy {
                $0.count <= 80 || $0.hasPrefix("  apus") || $0.hasPrefix("  APUS")
            })
    }

    @Test func `help of run shows the keys of the configuration file`() throws {
        let words = HelpText.command(RunCommand.command).split { $0.isWhitespace }.joined(separator: " ")
        for option in RunOptions.settings { #expect(words.contains("Key: \(option.key).")) }
    }

    @Test func `the overview names every command`() {
        let overview = HelpText.overview(CommandTable.all)
        for command in CommandTable.all { #expect(overview.contains("\n  \(command.name) ")) }
    }

    @Test(arguments: CommandTable.all.map(\.name))
    func `a command has two examples, which can be parsed`(_ name: String) throws {
        let command = try #require(CommandTable.all.first { $0.name == name })
        #expect(command.examples.count >= 2)
        for example in command.examples {
            // Parentheses, pipes and redirections are the shell's; the peer's ID stands for a real one.
            let words = example.command
                .replacingOccurrences(of: "12D3KooW...", with: "12D3KooWGUxVFZ2kk9xn4Z3WSch5aNKdLq14d9ktFjEgwoGoXmJs")
                .split { " ()".contains($0) }.map(String.init)
            let start = try #require(words.firstIndex(of: "apus"))
            let arguments = words[(start + 1)...].prefix { $0 != "|" && $0 != ">" }
            let parsed = try ArgumentParser(commands: CommandTable.all).parse(Array(arguments))
            #expect(parsed.command.name == name || words.contains("|"))
        }
    }

    @Test func `every default can be read`() {
        for option in CommandTable.all.flatMap(\.allOptions) {
            for text in option.defaults {
                #expect(throws: Never.self, "\(option.flag) \(text)") { try option.check(text) }
            }
        }
    }

    @Test func `help for programs is JSON`() throws {
        let data = Data(HelpText.json(CommandTable.all).text.utf8)
        let object = try #require(try JSONSerialization.jsonObject(with: data) as? [String: Any])
        #expect(
            (object["commands"] as? [[String: Any]])?.compactMap { $0["command"] as? String }
                == CommandTable.all.map(\.name))
    }
}
