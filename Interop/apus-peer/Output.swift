import Foundation
import Synchronization

/// Standard output, one JSON object a line, each written at once; and the log on standard error.
enum Output {
    private static let lock = Mutex(())

    /// Prints one object as a line.
    static func emit(_ object: [String: JSON]) {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        do {
            var line = try encoder.encode(object)
            line.append(UInt8(ascii: "\n"))
            self.write(line, to: STDOUT_FILENO)
        } catch {
            self.log("cannot write an answer: \(error)")
        }
    }

    /// Prints `text` as it is.
    static func write(_ text: String) { self.write(Data(text.utf8), to: STDOUT_FILENO) }

    static func log(_ text: String) { self.write(Data((text + "\n").utf8), to: STDERR_FILENO) }

    /// Lines of several threads must not mix. Whoever read them may be gone, which is no reason to end.
    private static func write(_ data: Data, to descriptor: Int32) {
        self.lock.withLock { _ in
            data.withUnsafeBytes { bytes in
                var rest = UnsafeRawBufferPointer(bytes)
                while !rest.isEmpty {
                    let count = Foundation.write(descriptor, rest.baseAddress, rest.count)
                    if count < 0, errno == EINTR { continue }
                    guard count > 0 else { return }
                    rest = UnsafeRawBufferPointer(rebasing: rest[count...])
                }
            }
        }
    }
}
