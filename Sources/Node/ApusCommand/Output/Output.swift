import Foundation

/// Standard output, a line at a time.
///
/// A reader that stalls makes a task wait, not a thread: the node goes on, and can still be ended.
struct Output: Sendable {
    private let descriptor: Int32

    init(descriptor: Int32 = STDOUT_FILENO) { self.descriptor = descriptor }

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
        var rest = Array(text.utf8)[...]
        while !rest.isEmpty {
            guard self.isWritable else {
                try await Task.sleep(for: Self.pause)
                continue
            }
            // A pipe that is writable takes this many bytes without blocking (POSIX, "PIPE_BUF").
            let count = rest.prefix(Int(PIPE_BUF)).withUnsafeBytes {
                Foundation.write(self.descriptor, $0.baseAddress, $0.count)
            }
            if count >= 0 {
                rest = rest.dropFirst(count)
            } else if errno == EPIPE || errno == EBADF {
                throw CommandError.outputClosed
            } else if errno != EINTR && errno != EAGAIN {
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
