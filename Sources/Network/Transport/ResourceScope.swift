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
}

/// Who began a connection or a stream.
public enum Direction: String, Hashable, Sendable {
    /// The peer began it.
    case inbound
    /// This node began it.
    case outbound
}

/// A request for a resource went above a limit.
public struct ResourceLimitError: Error, Hashable, Sendable, CustomStringConvertible {
    /// What was asked for.
    public let resource: Resource
    /// The scope whose limit it is, such as "system" or "peer 12D3…".
    public let scope: String
    /// How much of it the scope may hold: bytes of memory, otherwise a count.
    public let limit: Int

    /// The refusal of `resource` by the limit of `scope`.
    public init(resource: Resource, scope: String, limit: Int) {
        self.resource = resource
        self.scope = scope
        self.limit = limit
    }

    public var description: String {
        "the limit of \(self.limit) for \(self.resource) of \(self.scope) is reached"
    }
}

/// An account that every connection, stream, buffer and window is charged to before it exists.
///
/// A scope may be called from any thread. What was reserved is released with the same values.
public protocol ResourceScope: AnyObject, Sendable {
    /// Charges the resource to the account. Throws where a limit does not allow it: then nothing is charged.
    func reserve(_ resource: Resource) throws(ResourceLimitError)
    /// Gives back what `reserve` charged.
    func release(_ resource: Resource)
    /// The account of one connection; what it still holds when it is closed is released.
    func connectionScope(_ direction: Direction) throws(ResourceLimitError) -> any ResourceScope
    /// Ends the account: what it still holds is given back.
    func close()
}

/// A scope without limits.
public final class UnlimitedResources: ResourceScope {
    /// A scope that allows everything.
    public init() {}
    /// Allows it.
    public func reserve(_ resource: Resource) throws(ResourceLimitError) {}
    /// Does nothing.
    public func release(_ resource: Resource) {}
    /// This scope itself.
    public func connectionScope(_ direction: Direction) throws(ResourceLimitError) -> any ResourceScope { self }
    /// Does nothing.
    public func close() {}
}
