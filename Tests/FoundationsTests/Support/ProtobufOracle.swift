import Foundation

/// Runs `Oracles/protobuf_oracle.py`, which judges messages by Google's protobuf, in one process for many of them.
enum ProtobufOracle {
    struct Request: Encodable {
        let seed: UInt64
        let count: Int
        let written: [String]
        let mutated: [String]
    }

    struct Answer: Decodable {
        struct Generated: Decodable {
            let hex: String
            let sample: ProtobufSample
        }
        let read: [ProtobufSample]
        let generated: [Generated]
        let accepted: [Bool]
    }

    struct Failure: Error, CustomStringConvertible {
        let description: String
    }

    /// A machine that builds releases must have the oracle; on another the tests that need it say that they are left out.
    static let isExpected = ProcessInfo.processInfo.environment["CI"] == "true" || isInstalled
    static let absence = "needs /usr/bin/python3 and google.protobuf (apt-get install python3-protobuf)"

    private static let isInstalled = (try? run(["-c", "import google.protobuf"], input: Data())) != nil

    static func ask(_ request: Request) throws -> Answer {
        let script = Bundle.module.bundleURL.appendingPathComponent("Oracles/protobuf_oracle.py")
        return try JSONDecoder().decode(Answer.self, from: run([script.path], input: JSONEncoder().encode(request)))
    }

    /// Debian's python, because Debian's package of protobuf is for that one.
    private static func run(_ arguments: [String], input: Data) throws -> Data {
        // Files, not pipes: a process that writes while it is being written to would block both.
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("apus-oracle-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let files = ["in", "out", "err"].map { folder.appendingPathComponent($0) }
        try input.write(to: files[0])
        try Data().write(to: files[1])
        try Data().write(to: files[2])
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/python3")
        process.arguments = arguments
        process.standardInput = try FileHandle(forReadingFrom: files[0])
        process.standardOutput = try FileHandle(forWritingTo: files[1])
        process.standardError = try FileHandle(forWritingTo: files[2])
        try process.run()
        process.waitUntilExit()
        guard process.terminationStatus == 0 else {
            throw Failure(description: String(decoding: try Data(contentsOf: files[2]), as: UTF8.self))
        }
        return try Data(contentsOf: files[1])
    }
}
