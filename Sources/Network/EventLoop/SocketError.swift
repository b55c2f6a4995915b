internal import CUV

/// Why the system refused something about a socket.
public struct SocketError: Error, Hashable, Sendable {
    /// What was tried.
    public enum Operation: String, Hashable, Sendable {
        case open = "open a socket"
        case setOption = "set an option of a socket"
        case bind = "bind to"
        case listen = "listen on"
        case accept = "accept a connection on"
        case connect = "connect to"
        case receive = "receive from"
        case send = "send to"
        case shutdown = "end sending to"
        case askAddress = "ask for the address of a socket"
        case poll = "watch a socket"
        case joinGroup = "join the multicast group"
        case watchSignal = "watch a signal"
        case watchInterfaces = "watch the network interfaces"
        case raiseOpenFileLimit = "raise the limit of open files"
    }

    /// What was tried when it failed.
    public var operation: Operation
    /// The system's `errno`.
    public var code: Int32
    /// The address that was tried, where there is one.
    public var address: SocketAddress?

    /// An error of the system, with the address where there is one.
    public init(operation: Operation, code: Int32, address: SocketAddress? = nil) {
        self.operation = operation
        self.code = code
        self.address = address
    }
}

extension SocketError: CustomStringConvertible {
    /// A plain sentence: `connect to 127.0.0.1:4001: connection refused`.
    public var description: String {
        let place = self.address.map { " \($0)" } ?? (self.operation.rawValue.hasSuffix("o") ? " a peer" : "")
        return "\(self.operation.rawValue)\(place): \(Self.reason(of: self.code))"
    }

    /// What `code`, an `errno`, means, in a few lower-case words.
    public static func reason(of code: Int32) -> String {
        withUnsafeTemporaryAllocation(of: CChar.self, capacity: 128) { text in
            text.initialize(repeating: 0)
            uv_strerror_r(-code, text.baseAddress, text.count)
            let reason = String(decoding: text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
            return reason.hasPrefix("Unknown") ? "unknown error \(code)" : reason
        }
    }
}
