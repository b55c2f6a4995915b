// See SocketAddress+System.swift: each of these may be where the compiler finds the constants of protocols.
internal import Bytes
internal import CAres
internal import CUV

#if canImport(Darwin)
    import Darwin
#else
    import Glibc
#endif

/// An option of a socket that the stack sets; what a system does not know is passed over.
public enum SocketOption: Hashable, Sendable {
    /// TCP_NODELAY: small segments are sent at once.
    case noDelay(Bool)
    /// SO_REUSEADDR: a port can be bound again while old connections of it time out.
    case reuseAddress(Bool)
    /// SO_REUSEPORT: several sockets share a port; to dial from the listener's port needs it.
    case reusePort(Bool)
    /// TCP_NOTSENT_LOWAT: the socket is writable while fewer bytes than this wait to be sent.
    case unsentLowWater(bytes: Int)
    /// IPV6_V6ONLY: a socket on `::` does not take IPv4 connections.
    case ipv6Only(Bool)
    /// SO_KEEPALIVE, with seconds of silence before the first probe and between probes, and how many are lost before the
    /// connection is given up.
    case keepAlive(idle: Duration, interval: Duration, probes: Int)
    /// TCP_USER_TIMEOUT: how long sent data may go without an answer.
    case userTimeout(Duration)
    /// SO_LINGER: how long close may try to send the rest; zero makes close a reset.
    case linger(Duration?)
    /// TCP_CONGESTION: how the system decides how fast to send, such as "reno"; Linux only.
    case congestionControl(String)
    /// SO_SNDBUF, in bytes.
    case sendBuffer(bytes: Int)
    /// SO_RCVBUF, in bytes.
    case receiveBuffer(bytes: Int)
}

extension Socket {
    /// Sets options in their order, up to the first that fails.
    public func setOptions(_ options: [SocketOption]) throws(SocketError) {
        for option in options { try self.setOption(option) }
    }

    /// Sets one option.
    public func setOption(_ option: SocketOption) throws(SocketError) {
        let tcp = Int32(IPPROTO_TCP)
        switch option {
        case .noDelay(let on): try self.set(tcp, TCP_NODELAY, on ? 1 : 0)
        case .reuseAddress(let on): try self.set(SOL_SOCKET, SO_REUSEADDR, on ? 1 : 0)
        case .reusePort(let on): try self.set(SOL_SOCKET, SO_REUSEPORT, on ? 1 : 0)
        case .unsentLowWater(let bytes): try self.set(tcp, TCP_NOTSENT_LOWAT, Int32(clamping: bytes))
        case .ipv6Only(let on): try self.set(Int32(IPPROTO_IPV6), IPV6_V6ONLY, on ? 1 : 0)
        case .keepAlive(let idle, let interval, let probes):
            try self.set(SOL_SOCKET, SO_KEEPALIVE, 1)
            #if canImport(Darwin)
                try self.set(tcp, TCP_KEEPALIVE, idle.wholeSeconds)
            #else
                try self.set(tcp, TCP_KEEPIDLE, idle.wholeSeconds)
            #endif
            try self.set(tcp, TCP_KEEPINTVL, interval.wholeSeconds)
            try self.set(tcp, TCP_KEEPCNT, Int32(clamping: probes))
        case .userTimeout(let timeout):
            #if !canImport(Darwin)
                try self.set(tcp, TCP_USER_TIMEOUT, Int32(clamping: timeout.saturatingNanoseconds / 1_000_000))
            #endif
        case .linger(let time):
            try self.set(
                SOL_SOCKET, SO_LINGER, linger(l_onoff: time == nil ? 0 : 1, l_linger: time?.wholeSeconds ?? 0))
        case .congestionControl(let name):
            #if !canImport(Darwin)
                try self.setBytes(tcp, TCP_CONGESTION, Array(name.utf8))
            #endif
        case .sendBuffer(let bytes): try self.set(SOL_SOCKET, SO_SNDBUF, Int32(clamping: bytes))
        case .receiveBuffer(let bytes): try self.set(SOL_SOCKET, SO_RCVBUF, Int32(clamping: bytes))
        }
    }

    private func setBytes(_ level: Int32, _ name: Int32, _ value: [UInt8]) throws(SocketError) {
        guard setsockopt(self.descriptor, level, name, value, socklen_t(value.count)) == 0 else {
            throw SocketError(operation: .setOption, code: errno)
        }
    }

    private func set<Value>(_ level: Int32, _ name: Int32, _ value: Value) throws(SocketError) {
        let code = withUnsafeBytes(of: value) {
            setsockopt(self.descriptor, level, name, $0.baseAddress, socklen_t($0.count))
        }
        guard code == 0 else { throw SocketError(operation: .setOption, code: errno) }
    }
}

extension Duration {
    fileprivate var wholeSeconds: Int32 { Int32(clamping: self.components.seconds) }
}
