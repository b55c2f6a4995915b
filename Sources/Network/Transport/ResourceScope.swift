/// Something of which a node has only so much.
public enum Resource: Hashable, Sendable {
    case connection(Direction)
    case stream(Direction)
    /// Memory that is held, in bytes: the capacity of buffers and windows, not what is in them.
    case memory(Int)
    case fileDescriptor
}

/// Who began a connection or a stream.
public enum Direction: String, Hashable, Sendable {
    case inbound
    case outbound
}

/// A request for a resource went above a limit.
public struct ResourceLimitError: Error, Hashable, Sendable, CustomStringConvertible {
    public let resource: Resource
    /// The scope whose limit it is, such as "system" or "peer 12D3…".
    public let scope: String
    public let limit: Int

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
    func reserve(_ resource: Resource) throws(ResourceLimitError)
    func release(_ resource: Resource)
    /// The account of one connection; what it still holds when it is closed is released.
    func connectionScope(_ direction: Direction) throws(ResourceLimitError) -> any ResourceScope
    func close()
}

/// A scope without limits.
public final class UnlimitedResources: ResourceScope {
    public init() {}
    public func reserve(_ resource: Resource) throws(ResourceLimitError) {}
    public func release(_ resource: Resource) {}
    public func connectionScope(_ direction: Direction) throws(ResourceLimitError) -> any ResourceScope { self }
    public func close() {}
}
