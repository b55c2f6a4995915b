import EventLoop
import Transport

/// How much a node, and each who uses it, may have.
///
/// Whoever has the most is the one that is refused: a peer may have a quarter of the node at most, so that no one alone
/// shuts out the others.
public struct ResourceLimits: Hashable, Sendable {
    /// All of the node.
    public var system = ScopeLimits()
    /// Connections without a peer and streams of peers without a protocol: what costs a stranger nothing.
    public var transient = ScopeLimits()
    /// Each peer.
    public var peer = ScopeLimits()
    /// All streams of each protocol.
    public var protocolID = ScopeLimits()
    /// Each connection.
    public var connection = ScopeLimits()
    /// Each stream.
    public var stream = ScopeLimits()
    /// The connections of each network of hosts.
    public var networks = NetworkLimits()

    /// No limits.
    public static let unlimited = ResourceLimits()

    /// The least memory that limits can be made for, in bytes: below, the connections of a few peers would not fit.
    public static let leastMemory = 64 * 1024 * 1024

    private init() {}

    /// Limits for a node that may use `memory` bytes, at least `leastMemory`, and `fileDescriptors` sockets.
    ///
    /// A connection that does nothing costs 6 KiB, and one that is busy up to 1 MiB; a stream is charged with its first window
    /// of 256 KiB. go-libp2p's defaults grow with the memory in the same way, from 128 connections on.
    public init(memory: Int, fileDescriptors: Int) {
        let mebibyte = 1024 * 1024
        let memory = max(memory, Self.leastMemory)
        let sockets = max(fileDescriptors, 40)
        self.system.memory = memory
        self.system.fileDescriptors = sockets
        // Some sockets are left for what is no connection: listeners, and the files of the program.
        let connections = min(max(memory / mebibyte * 4, 128), sockets / 10 * 9)
        self.system.connections = connections
        self.system.inboundConnections = connections * 3 / 4
        self.system.outboundConnections = connections * 3 / 4
        self.system.streams = max(memory / mebibyte * 16, 1_024)
        self.transient.connections = min(max(connections / 4, 64), connections / 2)
        self.transient.inboundConnections = min(max(connections / 8, 32), self.system.inboundConnections / 3)
        self.transient.streams = max(self.system.streams / 4, 256)
        self.transient.memory = memory / 4
        self.peer.connections = 8
        self.peer.streams = max(self.system.streams / 4, 256)
        self.peer.memory = memory / 4
        self.protocolID.streams = max(self.system.streams / 2, 512)
        self.protocolID.memory = memory / 2
        self.connection.streams = self.peer.streams
        self.connection.memory = memory / 4
        self.stream.memory = max(memory / 4, 16 * mebibyte)
        self.networks = .standard
    }

    /// Limits for this machine: a quarter of its memory, and the sockets that the process may open.
    public static func scaledToMachine(memory: Int? = nil) -> ResourceLimits {
        let descriptors = (try? OpenFileLimit.current()) ?? 1_024
        return ResourceLimits(
            memory: memory ?? Machine.memory / 4, fileDescriptors: descriptors - OpenFileLimit.reserve)
    }
}
