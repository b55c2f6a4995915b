#if canImport(Darwin)
    import Darwin
#else
    import Glibc
#endif

extension Socket {
    /// How a receive or a send went.
    public enum TransferResult: Hashable, Sendable {
        /// So many bytes were moved, at least one.
        case bytes(Int)
        /// The socket has nothing to read, or no room to write.
        case wouldBlock
        /// The peer has ended its side, receive only.
        case endOfStream
        /// The connection is broken, with this `errno`.
        case failed(Int32)
    }

    /// Receives into `buffer`, which must not be empty.
    public func receive(into buffer: UnsafeMutableRawBufferPointer) -> TransferResult {
        precondition(!buffer.isEmpty, "an empty receive looks like the end of the stream")
        return Self.result { recv(self.descriptor, buffer.baseAddress, buffer.count, 0) }
    }

    /// Receives into `first`, which must not be empty, and what does not fit there into `second`.
    public func receiveVectored(
        into first: UnsafeMutableRawBufferPointer, and second: UnsafeMutableRawBufferPointer
    ) -> TransferResult {
        precondition(!first.isEmpty, "an empty receive looks like the end of the stream")
        return withUnsafeTemporaryAllocation(of: iovec.self, capacity: 2) { parts in
            parts[0] = iovec(iov_base: first.baseAddress, iov_len: first.count)
            parts[1] = iovec(iov_base: second.baseAddress, iov_len: second.count)
            return Self.result { readv(self.descriptor, parts.baseAddress, 2) }
        }
    }

    /// Sends the start of `bytes`, as much as the system takes.
    public func send(_ bytes: UnsafeRawBufferPointer) -> TransferResult {
        guard !bytes.isEmpty else { return .bytes(0) }
        return Self.result { SystemCalls.sendBytes(self.descriptor, bytes) }
    }

    /// Sends the start of `first` and `second`, one behind the other, as much as the system takes.
    public func sendVectored(
        _ first: UnsafeRawBufferPointer, and second: UnsafeRawBufferPointer
    ) -> TransferResult {
        guard first.count + second.count > 0 else { return .bytes(0) }
        return withUnsafeTemporaryAllocation(of: iovec.self, capacity: 2) { parts in
            parts[0] = iovec(iov_base: UnsafeMutableRawPointer(mutating: first.baseAddress), iov_len: first.count)
            parts[1] = iovec(iov_base: UnsafeMutableRawPointer(mutating: second.baseAddress), iov_len: second.count)
            return Self.result { SystemCalls.sendParts(self.descriptor, parts) }
        }
    }

    @inline(__always) private static func result(_ call: () -> Int) -> TransferResult {
        while true {
            let count = call()
            if count > 0 { return .bytes(count) }
            if count == 0 { return .endOfStream }
            switch errno {
            case EINTR: continue
            case EAGAIN: return .wouldBlock
            case let code: return .failed(code)
            }
        }
    }
}
