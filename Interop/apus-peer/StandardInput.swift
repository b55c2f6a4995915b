import Foundation

/// The lines of standard input, one at a time.
///
/// They are read on a thread that may block for ever, so whoever waits for a line does not hear of a cancellation.
final class StandardInput: Sendable {
    private let queue = DispatchQueue(label: "standard input")

    /// The next line without its end, or nil at the end of the input.
    func nextLine() async -> String? {
        await withCheckedContinuation { continuation in
            self.queue.async { continuation.resume(returning: readLine()) }
        }
    }
}
