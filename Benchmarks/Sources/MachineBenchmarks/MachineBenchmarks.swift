import Foundation

/// Runs one operation of a machine so many times and nothing else, so that what it costs can be counted from outside.
///
/// `MachineBenchmarks NAME COUNT`; `MachineBenchmarks list` names the operations.
@main
struct MachineBenchmarks {
    static let operations: [(name: String, run: @Sendable (Int) throws -> Void)] =
        NoiseOperations.all + YamuxOperations.all + MultistreamOperations.all

    static func main() throws {
        let arguments = CommandLine.arguments
        if arguments.dropFirst().first == "list" {
            for operation in self.operations { print(operation.name) }
            return
        }
        guard arguments.count == 3, let count = Int(arguments[2]),
            let operation = self.operations.first(where: { $0.name == arguments[1] })
        else {
            FileHandle.standardError.write(Data("expected list, or the name of an operation and a number\n".utf8))
            exit(2)
        }
        try operation.run(count)
    }
}
