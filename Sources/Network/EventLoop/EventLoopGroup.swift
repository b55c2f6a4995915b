internal import CUV
internal import Synchronization

/// The event loops of a node.
public final class EventLoopGroup: Sendable {
    /// The loops, in the order of their index.
    public let loops: [EventLoop]
    private let turn = Atomic<Int>(0)

    /// Starts `count` loops; half the cores, at least one, where it is nil.
    public init(count: Int? = nil, options: EventLoopOptions = .init()) {
        let wanted = max(1, count ?? Self.availableCores / 2)
        self.loops = (0..<wanted).map { EventLoop(index: $0, options: options) }
    }

    /// The loop with the least load; loops of the same load take turns.
    public func next() -> EventLoop {
        let start = self.turn.wrappingAdd(1, ordering: .relaxed).oldValue
        var best = self.loops[Int(UInt(bitPattern: start) % UInt(self.loops.count))]
        var bestLoad = best.currentLoad
        for distance in self.loops.indices.dropFirst() {
            let candidate = self.loops[Int(UInt(bitPattern: start &+ distance) % UInt(self.loops.count))]
            let load = candidate.currentLoad
            if load < bestLoad { (best, bestLoad) = (candidate, load) }
        }
        return best
    }

    /// Stops all loops (see `EventLoop.stop`).
    public func shutdown() async {
        for loop in self.loops { await loop.stop() }
    }

    /// How many cores this process may use.
    static var availableCores: Int { Int(uv_available_parallelism()) }
}
