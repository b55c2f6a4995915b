import Foundation

/// Descriptors 0, 1 and 2 of the process.
enum StandardDescriptors {
    /// Opens those that the process was started without: otherwise a socket would get the number, and what is printed would
    /// go to a peer.
    static func open() {
        while true {
            let descriptor = Foundation.open("/dev/null", O_RDWR)
            guard descriptor >= 0 else { return }
            guard descriptor <= STDERR_FILENO else {
                close(descriptor)
                return
            }
        }
    }

    /// Makes a write to a closed pipe an error instead of the end of the process.
    static func ignoreBrokenPipes() { signal(SIGPIPE, SIG_IGN) }
}
