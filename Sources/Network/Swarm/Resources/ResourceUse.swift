import Bytes
import Transport

/// How much of each resource an account holds.
public struct ResourceUse: Hashable, Sendable {
    /// Connections that peers began.
    public internal(set) var inboundConnections = 0
    /// Connections that this node began.
    public internal(set) var outboundConnections = 0
    /// Streams that peers began.
    public internal(set) var inboundStreams = 0
    /// Streams that this node began.
    public internal(set) var outboundStreams = 0
    /// Bytes of memory.
    public internal(set) var memory = 0
    /// Open sockets.
    public internal(set) var fileDescriptors = 0

    /// Nothing.
    public init() {}

    init(_ resource: Resource) {
        switch resource {
        case .connection(.inbound): self.inboundConnections = 1
        case .connection(.outbound): self.outboundConnections = 1
        case .stream(.inbound): self.inboundStreams = 1
        case .stream(.outbound): self.outboundStreams = 1
        case .memory(let count): self.memory = count
        case .fileDescriptor: self.fileDescriptors = 1
        case .attempt: break
        }
    }

    /// Whether it is nothing.
    public var isEmpty: Bool { self == ResourceUse() }

    static func + (left: ResourceUse, right: ResourceUse) -> ResourceUse {
        var sum = left
        sum.add(right, sign: 1)
        return sum
    }

    mutating func add(_ other: ResourceUse, sign: Int) {
        self.inboundConnections += sign * other.inboundConnections
        self.outboundConnections += sign * other.outboundConnections
        self.inboundStreams += sign * other.inboundStreams
        self.outboundStreams += sign * other.outboundStreams
        self.memory += sign * other.memory
        self.fileDescriptors += sign * other.fileDescriptors
    }
}

/// How much of each resource an account may hold.
public struct ScopeLimits: Hashable, Sendable {
    /// Connections that peers began.
    public var inboundConnections = Int.max
    /// Connections that this node began.
    public var outboundConnections = Int.max
    /// Connections of either kind.
    public var connections = Int.max
    /// Streams that peers began.
    public var inboundStreams = Int.max
    /// Streams that this node began.
    public var outboundStreams = Int.max
    /// Streams of either kind.
    public var streams = Int.max
    /// Bytes of memory.
    public var memory = Int.max
    /// Open sockets.
    public var fileDescriptors = Int.max

    /// No limit.
    public init() {}

    /// The resource of which `use` is more than allowed, where `added` was added last, and how much is.
    func exceeded(by use: ResourceUse, adding added: ResourceUse) -> (resource: Resource, limit: Int)? {
        if added.memory > 0, use.memory > Defence.memoryLimits.limit(self.memory) {
            return (.memory(added.memory), self.memory)
        }
        if Defence.streamLimits.isOn {
            let use = (use.inboundStreams, use.outboundStreams)
            let most = (self.inboundStreams, self.outboundStreams, total: self.streams)
            let exceeded = Self.exceeded(by: use, most, adding: (added.inboundStreams, added.outboundStreams))
            if let exceeded { return (.stream(exceeded.direction), exceeded.limit) }
        }
        if Defence.connectionLimits.isOn {
            let use = (use.inboundConnections, use.outboundConnections)
            let most = (self.inboundConnections, self.outboundConnections, total: self.connections)
            let exceeded = Self.exceeded(by: use, most, adding: (added.inboundConnections, added.outboundConnections))
            if let exceeded { return (.connection(exceeded.direction), exceeded.limit) }
        }
        if added.fileDescriptors > 0, use.fileDescriptors > Defence.socketLimits.limit(self.fileDescriptors) {
            return (.fileDescriptor, self.fileDescriptors)
        }
        return nil
    }

    /// The direction that was added to and has too much, by itself or together with the other.
    private static func exceeded(
        by use: (inbound: Int, outbound: Int), _ most: (inbound: Int, outbound: Int, total: Int),
        adding added: (inbound: Int, outbound: Int)
    ) -> (direction: Direction, limit: Int)? {
        let isTotal = use.inbound + use.outbound > most.total
        if added.inbound > 0, use.inbound > most.inbound || isTotal { return (.inbound, min(most.inbound, most.total)) }
        if added.outbound > 0, use.outbound > most.outbound || isTotal {
            return (.outbound, min(most.outbound, most.total))
        }
        return nil
    }
}
