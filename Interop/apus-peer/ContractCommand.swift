import Apus

/// `apus-peer contract`: what the test suites of the libp2p project ask of an implementation.
enum ContractCommand {
    static func run(_ texts: [String]) async throws {
        let rest = Array(texts.dropFirst())
        switch texts.first {
        case "transport":
            guard rest.isEmpty else { throw UsageError("contract transport: unexpected argument \"\(rest[0])\"") }
            try await TransportContract(ContractEnvironment()).run()
        case "perf" where rest.isEmpty: try await PerfContract(ContractEnvironment()).run()
        case "perf": try await PerfProgram.run(rest)
        case "hole-punch": throw UsageError("contract hole-punch: this peer does not have hole punching yet")
        case nil: throw UsageError("contract: expected transport or perf")
        case let other?: throw UsageError("contract: unknown contract \"\(other)\"")
        }
    }
}
