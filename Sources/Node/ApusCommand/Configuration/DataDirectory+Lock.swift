import Foundation

extension DataDirectory {
    /// Names the process whose node has the directory, and is locked as long as that lives.
    private var lockFile: String { "\(self.path)/node.lock" }

    /// Takes the directory for the node of this process, until the process ends: two nodes would be one peer, and would write
    /// over what the other stored. Throws where another process has it.
    func lock() throws(CommandError) {
        let descriptor = open(self.lockFile, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw self.failure() }
        guard Self.flockPatiently(descriptor) else {
            let error = errno == EWOULDBLOCK ? self.takenBy(descriptor) : self.failure()
            close(descriptor)
            throw error
        }
        // The descriptor stays open, and with it the lock. What is in the file is for people alone.
        let text = Array("\(getpid())\n".utf8)
        guard ftruncate(descriptor, 0) == 0,
            text.withUnsafeBytes({ pwrite(descriptor, $0.baseAddress, $0.count, 0) }) == text.count
        else { throw self.failure() }
    }

    /// Whether a process has the directory for its node; true where that cannot be seen.
    var isTaken: Bool {
        let descriptor = open(self.lockFile, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return errno != ENOENT }
        defer { close(descriptor) }
        return flock(descriptor, LOCK_SH | LOCK_NB) != 0
    }

    /// Whoever looks whether the directory is taken holds the lock for a moment, which must not end a node that starts.
    private static func flockPatiently(_ descriptor: Int32) -> Bool {
        for attempt in 0..<5 {
            if flock(descriptor, LOCK_EX | LOCK_NB) == 0 { return true }
            guard errno == EWOULDBLOCK else { return false }
            if attempt < 4 { usleep(5_000) }
        }
        errno = EWOULDBLOCK
        return false
    }

    private func takenBy(_ descriptor: Int32) -> CommandError {
        var buffer = [UInt8](repeating: 0, count: 32)
        let count = buffer.withUnsafeMutableBytes { pread(descriptor, $0.baseAddress, $0.count, 0) }
        let text = String(decoding: buffer.prefix(max(count, 0)), as: UTF8.self)
        let process = pid_t(text.trimmingCharacters(in: .whitespacesAndNewlines)).map { "process \($0)" }
        return .failed(
            "\(process ?? "another process") runs the node of the data directory \(self.path); "
                + "end it, or choose another directory with --data-dir")
    }

    private func failure() -> CommandError {
        .failed(
            "\(self.lockFile) cannot be locked: \(String(cString: strerror(errno))); "
                + "see to it that you may write it, or choose another directory with --data-dir")
    }
}
