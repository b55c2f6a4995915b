import Bytes

/// How many connections a node keeps, and for how long.
public struct ConnectionPolicy: Hashable, Sendable {
    /// What becomes of a connection without streams.
    public enum Idle: Hashable, Sendable {
        /// It stays, as long as there are not too many: go-libp2p's rule.
        case keep
        /// It is closed after this time, unless its peer is protected; rust-libp2p does so after 10 s.
        case close(after: Duration)
    }

    /// Above so many connections the least valuable are closed.
    public var highWater: Int
    /// So many are left then.
    public var lowWater: Int
    /// A connection younger than this is not closed for being one too many (go-libp2p: 1 min).
    public var gracePeriod: Duration = .seconds(60)
    /// What becomes of connections without streams.
    public var idle: Idle = .keep

    /// Keeps at most `highWater` connections, and closes down to `lowWater` where there are more.
    public init(lowWater: Int, highWater: Int) {
        self.highWater = max(highWater, 1)
        self.lowWater = min(max(lowWater, 0), self.highWater)
    }

    /// Half of the connections that `limits` allow, down to three eighths.
    ///
    /// It is well below the inbound connections that are allowed: who comes while a crowd holds its places is served, and
    /// the crowd gives way.
    public static func fitting(_ limits: ResourceLimits) -> ConnectionPolicy {
        let system = limits.system
        let most = min(system.connections, system.fileDescriptors)
        let inbound = min(system.inboundConnections, most)
        guard most < .max else { return ConnectionPolicy(lowWater: .max, highWater: .max) }
        let highWater = min(Self.part(1, of: 2, most), Self.part(2, of: 3, inbound))
        return ConnectionPolicy(lowWater: Self.part(3, of: 4, highWater), highWater: highWater)
    }

    /// Whether a connection that came to stand then is past its grace period.
    func isSettled(since openedAt: Instant, now: Instant) -> Bool { now - openedAt >= self.gracePeriod }

    /// `part` of the `whole` parts of a number, at least one: of a small number, rounded parts would be none.
    private static func part(_ part: Int, of whole: Int, _ number: Int) -> Int {
        max(number / whole * part + number % whole * part / whole, 1)
    }
}
