public import Multiformats
public import PeerIdentity

/// The account of a node, which everything is charged to before it exists.
///
/// A scope may be called from any thread. What was reserved is released with the same values.
public protocol ResourceScope: AnyObject, Sendable {
    /// Charges the resource to the node. Throws where a limit does not allow it: then nothing is charged.
    func reserve(_ resource: Resource) throws(ResourceLimitError)
    /// Gives back what `reserve` charged.
    func release(_ resource: Resource)
    /// The account of one connection with its socket, which are charged. `remoteAddress` is nil while it is not known.
    func connectionScope(
        _ direction: Direction, _ remoteAddress: Multiaddr?
    ) throws(ResourceLimitError) -> any ConnectionScope
}

/// How far an inbound connection has come.
public enum ConnectionStage: Sendable {
    /// The peer's part of the key exchange has come, and was answered.
    case answered
    /// The connection stands.
    case established
}

/// The account of one connection. Charges go to the node's account and to the peer's, too.
public protocol ConnectionScope: AnyObject, Sendable {
    /// Lets the account end the connection by `end`, which may be called on any thread, while it does not stand and others
    /// need the place.
    func mayEnd(_ end: @escaping @Sendable () -> Void)
    /// Notes how far a connection has come that may be ended.
    func progressed(to stage: ConnectionStage)
    /// Names who the connection leads to. Throws where that peer has as much as it may: then it is named no one.
    func setPeer(_ peer: PeerID) throws(ResourceLimitError)
    /// Charges `count` bytes of memory. Throws where a limit does not allow it: then nothing is charged.
    func reserveMemory(_ count: Int) throws(ResourceLimitError)
    /// Gives back what `reserveMemory` charged.
    func releaseMemory(_ count: Int)
    /// The account of one stream, which is charged with `memory` bytes for its first window.
    func streamScope(_ direction: Direction, memory: Int) throws(ResourceLimitError) -> any StreamScope
    /// How many bytes of memory are charged to the connection and its streams; 0 where nobody counts.
    var heldMemory: Int { get }
    /// Ends the account, once all streams' have ended: what it still holds is given back.
    func close()
}

extension ConnectionScope {
    public var heldMemory: Int { 0 }
}

/// The account of one stream, confined to its connection's loop. Charges go to those of its connection and its protocol, too.
public protocol StreamScope: AnyObject {
    /// Lets the account end the stream by `end`, which may be called on any thread, while it speaks nothing and others need
    /// the place.
    func mayEnd(_ end: @escaping @Sendable () -> Void)
    /// Names what the stream speaks. Throws where that protocol has as many streams as it may: then it is named nothing.
    func setProtocol(_ name: String) throws(ResourceLimitError)
    /// Charges `count` bytes of memory. Throws where a limit does not allow it: then nothing is charged.
    func reserveMemory(_ count: Int) throws(ResourceLimitError)
    /// Gives back what `reserveMemory` charged.
    func releaseMemory(_ count: Int)
    /// Ends the account: what it still holds is given back.
    func close()
}

/// An account without limits, which counts nothing.
public final class UnlimitedResources: ResourceScope, ConnectionScope, StreamScope {
    /// An account that allows everything.
    public init() {}
    /// Allows it.
    public func reserve(_ resource: Resource) throws(ResourceLimitError) {}
    /// Does nothing.
    public func release(_ resource: Resource) {}
    /// This account itself.
    public func connectionScope(
        _ direction: Direction, _ remoteAddress: Multiaddr?
    ) throws(ResourceLimitError) -> any ConnectionScope { self }
    /// Allows it.
    public func setPeer(_ peer: PeerID) throws(ResourceLimitError) {}
    /// Allows it.
    public func reserveMemory(_ count: Int) throws(ResourceLimitError) {}
    /// Does nothing.
    public func releaseMemory(_ count: Int) {}
    /// This account itself.
    public func streamScope(_ direction: Direction, memory: Int) throws(ResourceLimitError) -> any StreamScope { self }
    /// Does nothing.
    public func progressed(to stage: ConnectionStage) {}
    /// Does nothing: there is room.
    public func mayEnd(_ end: @escaping @Sendable () -> Void) {}
    /// Allows it.
    public func setProtocol(_ name: String) throws(ResourceLimitError) {}
    /// Does nothing.
    public func close() {}
}
