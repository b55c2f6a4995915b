import Apus
import Foundation

/// Standard output, a line at a time: what one task writes never stands within what another does.
///
/// A reader that stalls makes a task wait, not a thread: the node goes on, and can still be ended.
final class Output: Sendable {
    private let descriptor: Int32
    /// A file takes all that it is given at once; whatever else may be full.
    private let isFile: Bool
    private let state = Locked(State())

    private struct State {
        /// What is being written: it goes out to its end, whoever began it, before anything else does.
        var rest: ArraySlice<UInt8> = []
        /// How many texts were begun; all but the last, of which `rest` is left, were written.
        var begun: UInt64 = 0
    }

    init(descriptor: Int32 = STDOUT_FILENO) {
        self.descriptor = descriptor
        var information = stat()
        self.isFile = fstat(descriptor, &information) == 0 && information.st_mode & S_IFMT == S_IFREG
    }

    /// Writes `text` and a line feed.
    ///
    /// Throws `CommandError.outputClosed` where nobody reads any more, and `CancellationError`.
    func line(_ text: String) async throws {
        try await self.write(text + "\n")
    }

    /// Writes a JSON value on a line of its own.
    func json(_ value: JSONText) async throws { try await self.line(value.text) }

    /// Writes `text` as it is.
    func write(_ text: String) async throws {
        let bytes = Array(text.utf8)
        guard !bytes.isEmpty else { return }
        var number: UInt64?
        while true {
            let isDone = try self.state.withLock { state throws(CommandError) in
                try self.proceed(&state, with: bytes, number: &number)
            }
            if isDone { return }
            try await Task.sleep(for: Self.pause)
        }
    }

    /// Writes as much as can be without waiting, and returns whether all of `bytes` is written; `number` is what they were
    /// begun as.
    private func proceed(
        _ state: inout State, with bytes: [UInt8], number: inout UInt64?
    ) throws(CommandError) -> Bool {
        try self.flush(&state.rest)
        if number == nil, state.rest.isEmpty {
            state.rest = bytes[...]
            state.begun += 1
            number = state.begun
            try self.flush(&state.rest)
        }
        guard let number else { return false }
        return number < state.begun || state.rest.isEmpty
    }

    private func flush(_ rest: inout ArraySlice<UInt8>) throws(CommandError) {
        while !rest.isEmpty, self.isWritable {
            // A pipe that is writable takes this many bytes without blocking (POSIX, "PIPE_BUF").
            let most = self.isFile ? rest.count : Int(PIPE_BUF)
            let count = rest.prefix(most).withUnsafeBytes {
                Foundation.write(self.descriptor, $0.baseAddress, $0.count)
            }
            if count >= 0 {
                rest = rest.dropFirst(count)
            } else if errno == EPIPE || errno == EBADF {
                throw CommandError.outputClosed
            } else if errno == EAGAIN {
                return
            } else if errno != EINTR {
                throw CommandError.failed(
                    "cannot write to standard output: \(String(cString: strerror(errno))); see where it goes")
            }
        }
    }

    /// How long a reader that stalls is left alone.
    private static let pause: Duration = .milliseconds(20)

    /// Whether a write would not block; also where it would fail.
    private var isWritable: Bool {
        var state = pollfd(fd: self.descriptor, events: Int16(POLLOUT), revents: 0)
        return poll(&state, 1, 0) != 0
    }
}

/// Standard error, for what a person must know whatever is logged.
enum ErrorOutput {
    static func line(_ text: String) {
        let bytes = Array("apus: \(Printable.text(text))\n".utf8)
        _ = bytes.withUnsafeBytes { Foundation.write(STDERR_FILENO, $0.baseAddress, $0.count) }
    }
}
