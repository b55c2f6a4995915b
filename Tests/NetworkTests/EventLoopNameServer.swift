import EventLoop
import Foundation
import Testing

#if canImport(Glibc)
    import Glibc
#endif

/// A dnsmasq on a free port of the loopback interface.
///
/// It is not started by Foundation's Process: dnsmasq closes the descriptor by whose end that type learns of a program's
/// end, and the one thread that then waits for it keeps every other Process of the tests from ending.
final class NameServer {
    private static let program = "/usr/sbin/dnsmasq"

    /// Where the whole suite must run (CI), a missing program fails the tests in place of skipping them.
    static var isRequiredOrPresent: Bool {
        FileManager.default.isExecutableFile(atPath: Self.program)
            || ProcessInfo.processInfo.environment["CI"] == "true"
    }

    let address: String
    private let process: pid_t

    struct DidNotStart: Error, CustomStringConvertible {
        let description: String
    }

    /// Starts the server with these records, and returns when it answers.
    static func start(_ records: [String]) async throws -> NameServer {
        let log = FileManager.default.temporaryDirectory.appendingPathComponent("apus-names-\(UUID().uuidString)").path
        defer { unlink(log) }
        let loop = EventLoop(index: 0)
        // Another program may take the free port first: then dnsmasq says so and ends, and another port is tried.
        for _ in 0..<5 {
            let server = try NameServer(port: SilentServer.freePort(), records: records, log: log)
            if await server.isReady(loop) {
                await loop.stop()
                return server
            }
        }
        await loop.stop()
        throw DidNotStart(
            description: "dnsmasq did not start: \((try? String(contentsOfFile: log, encoding: .utf8)) ?? "")")
    }

    private init(port: UInt16, records: [String], log: String) throws {
        let arguments =
            [
                Self.program, "--no-daemon", "--no-resolv", "--no-hosts", "--conf-file=/dev/null", "--bind-interfaces",
                "--listen-address=127.0.0.1", "--port=\(port)", "--txt-record=is-ready.test,yes",
            ] + records
        var files = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&files)
        defer { posix_spawn_file_actions_destroy(&files) }
        posix_spawn_file_actions_addopen(&files, 1, "/dev/null", O_WRONLY, 0)
        posix_spawn_file_actions_addopen(&files, 2, log, O_WRONLY | O_CREAT | O_TRUNC, 0o600)
        var words = arguments.map { strdup($0) } + [nil]
        defer { for word in words { free(word) } }
        var process: pid_t = 0
        let code = posix_spawn(&process, Self.program, &files, nil, &words, environ)
        guard code == 0 else { throw DidNotStart(description: "\(Self.program): \(SocketError.reason(of: code))") }
        self.address = "127.0.0.1:\(port)"
        self.process = process
    }

    /// Asks until there is an answer or the server has ended.
    private func isReady(_ loop: EventLoop) async -> Bool {
        let names = NameResolver(loop, servers: [self.address])
        while waitpid(self.process, nil, WNOHANG) == 0 {
            if (try? await names.texts(of: "is-ready.test", timeout: .milliseconds(200))) == ["yes"] { return true }
        }
        return false
    }

    func stop() {
        // SIGTERM would not do: a program inherits the mask of Swift's thread pool, which blocks what can be blocked.
        kill(self.process, SIGKILL)
        waitpid(self.process, nil, 0)
    }
}

/// A UDP port of the loopback interface at which nobody answers.
final class SilentServer: Sendable {
    private let descriptor: Int32
    let port: UInt16

    var address: String { "127.0.0.1:\(self.port)" }

    init() throws {
        #if canImport(Glibc)
            self.descriptor = socket(AF_INET, Int32(SOCK_DGRAM.rawValue), 0)
        #else
            self.descriptor = socket(AF_INET, SOCK_DGRAM, 0)
        #endif
        let socket = Socket(descriptor: self.descriptor)
        try socket.bind(to: #require(SocketAddress(ip: "127.0.0.1", port: 0)))
        self.port = try #require(socket.localAddress).port
    }

    /// Whether a question has come since the last time.
    var wasAsked: Bool {
        var buffer = [UInt8](repeating: 0, count: 512)
        return recv(self.descriptor, &buffer, buffer.count, Int32(MSG_DONTWAIT)) > 0
    }

    /// The names that were asked for since the last time, once each (RFC 1035, section 4.1.2).
    var askedNames: Set<String> {
        var names: Set<String> = []
        var buffer = [UInt8](repeating: 0, count: 512)
        while case let count = recv(self.descriptor, &buffer, buffer.count, Int32(MSG_DONTWAIT)), count > 12 {
            var labels: [String] = []
            var rest = buffer[12..<count]
            while let length = rest.popFirst(), length > 0 {
                labels.append(String(decoding: rest.prefix(Int(length)), as: UTF8.self))
                rest = rest.dropFirst(Int(length))
            }
            names.insert(labels.joined(separator: "."))
        }
        return names
    }

    static func freePort() throws -> UInt16 {
        let server = try SilentServer()
        defer { server.close() }
        return server.port
    }

    /// Waits until somebody has asked.
    func waitForQuery() async {
        let descriptor = self.descriptor
        await withCheckedContinuation { done in
            Thread.detachNewThread {
                var byte: UInt8 = 0
                _ = recv(descriptor, &byte, 1, 0)
                done.resume()
            }
        }
    }

    func close() { Socket(descriptor: self.descriptor).close() }
}
