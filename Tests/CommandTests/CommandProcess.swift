import Foundation
import Synchronization
import Testing

/// A process of the built program `apus`, or of another one.
///
/// Whatever waits for it gives up, and ends the process, after `patience`: a test then fails instead of hanging.
struct CommandProcess: Sendable {
    static let patience: Duration = .seconds(60)

    let pid: pid_t
    let output: LineReader
    let errors: LineReader

    /// What a process left behind.
    struct Outcome: Sendable {
        let exitCode: Int32
        let output: String
        let errors: String

        /// The lines of standard error.
        var errorLines: [String] { self.errors.split(separator: "\n").map(String.init) }

        /// Standard output as one JSON object.
        var object: [String: Any] {
            (try? JSONSerialization.jsonObject(with: Data(self.output.utf8)) as? [String: Any]) ?? [:]
        }
    }

    /// The built program.
    static let apus = Self.built("apus")
    /// The peer of tests and benchmarks.
    static let apusPeer = Self.built("apus-peer")

    /// A program of this package, which lies beside the test bundle.
    private static func built(_ name: String) -> String {
        let bundles = Bundle.allBundles.map(\.bundleURL).filter { $0.pathExtension == "xctest" }
        let bundle = bundles.first ?? URL(fileURLWithPath: CommandLine.arguments[0])
        return bundle.deletingLastPathComponent().appendingPathComponent(name).path
    }

    /// Starts `program` with no environment but a path, a home and `environment`.
    static func start(
        _ arguments: [String], program: String = Self.apus, environment: [String: String] = [:],
        home: String = "/nonexistent"
    ) throws -> CommandProcess {
        let path = ProcessInfo.processInfo.environment["PATH"] ?? "/usr/bin:/bin"
        let variables = ["PATH": path, "HOME": home].merging(environment) { $1 }
        // One at a time: a descriptor that another test's process inherited would keep a pipe from ending.
        return try Self.starting.withLock { _ in try Self.spawn(program, arguments, variables) }
    }

    private static let starting = Mutex<Void>(())

    private static func spawn(
        _ program: String, _ arguments: [String], _ variables: [String: String]
    ) throws -> CommandProcess {
        var outputPipe: [Int32] = [-1, -1]
        var errorPipe: [Int32] = [-1, -1]
        try #require(pipe(&outputPipe) == 0 && pipe(&errorPipe) == 0)
        for descriptor in outputPipe + errorPipe { _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC) }
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
        posix_spawn_file_actions_adddup2(&actions, outputPipe[1], 1)
        posix_spawn_file_actions_adddup2(&actions, errorPipe[1], 2)
        var pid: pid_t = 0
        let code = withCStrings([program] + arguments) { arguments in
            withCStrings(variables.map { "\($0.key)=\($0.value)" }) { environment in
                posix_spawnp(&pid, program, &actions, nil, arguments, environment)
            }
        }
        close(outputPipe[1])
        close(errorPipe[1])
        try #require(code == 0, "\(program) cannot be started: \(String(cString: strerror(code)))")
        return CommandProcess(
            pid: pid, output: LineReader(descriptor: outputPipe[0]), errors: LineReader(descriptor: errorPipe[0]))
    }

    /// Runs `apus` to its end.
    static func run(
        _ arguments: String..., environment: [String: String] = [:], home: String = "/nonexistent"
    ) async throws -> Outcome {
        try await Self.start(arguments, environment: environment, home: home).finish()
    }

    func signal(_ number: Int32) { kill(self.pid, number) }

    /// Stops the process by SIGSTOP, and returns when it has stopped.
    func stop() async {
        let pid = self.pid
        await onThread {
            kill(pid, SIGSTOP)
            var status: Int32 = 0
            while waitpid(pid, &status, WUNTRACED) < 0, errno == EINTR {}
        }
    }

    /// Waits for the end of the process, with all that it still prints.
    func finish() async throws -> Outcome {
        let deadline = ContinuousClock.now + Self.patience
        async let output = self.output.rest(until: deadline)
        async let errors = self.errors.rest(until: deadline)
        let texts = await (output, errors)
        if texts.0 == nil || texts.1 == nil {
            Issue.record("the process did not end in time")
            self.signal(SIGKILL)
        }
        let pid = self.pid
        let status = await onThread {
            var status: Int32 = 0
            while waitpid(pid, &status, 0) < 0, errno == EINTR {}
            return status
        }
        let isExited = status & 0x7f == 0
        return Outcome(
            exitCode: isExited ? (status >> 8) & 0xff : 128 + (status & 0x7f), output: texts.0 ?? "",
            errors: texts.1 ?? "")
    }
}

/// Reads a pipe, whole lines or all of it.
final class LineReader: Sendable {
    let descriptor: Int32
    /// What was read and not yet asked for.
    private let buffer = Mutex<[UInt8]>([])

    init(descriptor: Int32) { self.descriptor = descriptor }

    deinit { close(self.descriptor) }

    /// Makes the pipe hold a page alone, so that it is soon full.
    func shrink() {
        // F_SETPIPE_SZ of Linux, which the C library's module does not show.
        _ = fcntl(self.descriptor, 1_031, 4_096)
    }

    /// The first line from here on that contains `text`; nil where the pipe ends, or nothing comes in time.
    func line(containing text: String) async -> String? {
        let deadline = ContinuousClock.now + CommandProcess.patience
        return await onThread {
            self.buffer.withLock { buffer in
                while true {
                    while let end = buffer.firstIndex(of: UInt8(ascii: "\n")) {
                        let line = String(decoding: buffer[..<end], as: UTF8.self)
                        buffer.removeSubrange(...end)
                        if line.contains(text) { return line }
                    }
                    guard self.readMore(&buffer, until: deadline) == true else { return nil }
                }
            }
        }
    }

    /// All that comes until the pipe ends; nil where it does not in time.
    func rest(until deadline: ContinuousClock.Instant) async -> String? {
        await onThread {
            self.buffer.withLock { buffer in
                while let isMore = self.readMore(&buffer, until: deadline) {
                    if !isMore { return String(decoding: buffer, as: UTF8.self) }
                }
                return nil
            }
        }
    }

    /// Reads what is there; false at the end, nil where nothing comes in time.
    private func readMore(_ buffer: inout [UInt8], until deadline: ContinuousClock.Instant) -> Bool? {
        while true {
            let (seconds, attoseconds) = (deadline - ContinuousClock.now).components
            let milliseconds = seconds * 1_000 + attoseconds / 1_000_000_000_000_000
            var state = pollfd(fd: self.descriptor, events: Int16(POLLIN), revents: 0)
            guard milliseconds > 0, poll(&state, 1, Int32(clamping: milliseconds)) > 0 else { return nil }
            var chunk = [UInt8](repeating: 0, count: 4_096)
            let count = chunk.withUnsafeMutableBytes { read(self.descriptor, $0.baseAddress, $0.count) }
            if count < 0, errno == EINTR { continue }
            buffer += chunk.prefix(max(count, 0))
            return count > 0
        }
    }
}

/// Runs work that blocks on a thread of its own.
func onThread<Value: Sendable>(_ body: @escaping @Sendable () -> Value) async -> Value {
    await withCheckedContinuation { continuation in
        Thread.detachNewThread { continuation.resume(returning: body()) }
    }
}

/// Lends the strings as C has them, with a null pointer behind the last.
private func withCStrings<Result>(
    _ strings: [String], _ body: ([UnsafeMutablePointer<CChar>?]) -> Result
) -> Result {
    let pointers = strings.map { strdup($0) }
    defer { for pointer in pointers { free(pointer) } }
    return body(pointers + [nil])
}
