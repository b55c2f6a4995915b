/// Something of which a node has only so much.
public enum Resource: Hashable, Sendable {
    /// One connection, from the socket on.
    case connection(Direction)
    /// One stream of a connection.
    case stream(Direction)
    /// Memory that is held, in bytes: the capacity of buffers and windows, not what is in them.
    case memory(Int)
    /// One open socket: that of a connection, from its dial or its acceptance on, or that of a listener.
    case fileDescriptor
    /// One attempt of somebody to connect, where a rate bounds them.
    case attempt
}

extension Resource: CustomStringConvertible {
    /// What a limit counts, such as "inbound connections".
    public var description: String {
        switch self {
        case .connection(let direction): "\(direction.rawValue) connections"
        case .stream(let direction): "\(direction.rawValue) streams"
        case .memory: "bytes of memory"
        case .fileDescriptor: "open sockets"
        case .attempt: "attempts to connect at once"
        }
    }

    /// The kind without its details, for a metric's label.
    public var label: String {
        switch self {
        case .connection(.inbound): "inbound_connection"
        case .connection(.outbound): "outbound_connection"
        case .stream(.inbound): "inbound_stream"
        case .stream(.outbound): "outbound_stream"
        case .memory: "memory"
        case .fileDescriptor: "file_descriptor"
        case .attempt: "attempt"
        }
    }
}

/// Who began a connection or a stream.
public enum Direction: String, Hashable, Sendable {
    /// The peer began it.
    case inbound
    /// This node began it.
    case outbound
}
