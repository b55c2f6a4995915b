#if canImport(Darwin)
    import Darwin
#else
    import Glibc
#endif

extension Socket {
    /// A datagram socket (UDP).
    public static func datagram(_ family: SocketAddress.Family) throws(SocketError) -> Socket {
        let descriptor = SystemCalls.openLastingDatagram(family.domain)
        guard descriptor >= 0 else { throw SocketError(operation: .open, code: errno) }
        return Socket(descriptor: descriptor)
    }

    /// What `receiveDatagram` found.
    public enum DatagramResult: Hashable, Sendable {
        /// A whole datagram of so many bytes, and who sent it, where the system says.
        case datagram(count: Int, from: SocketAddress?)
        /// A datagram that was longer than the buffer; its end is lost.
        case tooLong
        /// Nothing waits.
        case wouldBlock
        /// An earlier send failed, or the socket has another error, with this `errno`; the socket may go on.
        case failed(Int32)
    }

    /// Takes one datagram that waits.
    public func receiveDatagram(into buffer: UnsafeMutableRawBufferPointer) -> DatagramResult {
        while true {
            var result = (count: 0, isCut: false)
            let (code, address) = SocketAddress.filled {
                result = SystemCalls.receiveDatagram(self.descriptor, buffer, $0, &$1)
                return result.count < 0 ? -1 : 0
            }
            guard code < 0 else { return result.isCut ? .tooLong : .datagram(count: result.count, from: address) }
            switch errno {
            case EINTR: continue
            case EAGAIN: return .wouldBlock
            case let code: return .failed(code)
            }
        }
    }

    /// Sends one datagram, whole or not at all.
    public func sendDatagram(_ bytes: UnsafeRawBufferPointer, to address: SocketAddress) throws(SocketError) {
        while true {
            let count = address.withSystemAddress {
                SystemCalls.sendDatagram(self.descriptor, bytes, $0, $1)
            }
            if count >= 0 { return }
            guard errno == EINTR else { throw SocketError(operation: .send, code: errno, address: address) }
        }
    }
}
