/// Something that a loop runs once; tasks and actors are stored as the runtime hands them over, without a box.
enum LoopJob: Sendable {
    case closure(@Sendable () -> Void)
    /// A step of a task that prefers the loop, for its task executor.
    case task(UnownedJob)
    /// A step of an actor that lives on the loop, for its serial executor.
    case actor(UnownedJob)
}

/// A first-in first-out queue of jobs in a ring that grows and keeps its memory.
struct LoopJobQueue: Sendable {
    private var ring: [LoopJob?] = Array(repeating: nil, count: 64)
    private var head = 0
    private(set) var count = 0

    var isEmpty: Bool { self.count == 0 }

    mutating func append(_ job: LoopJob) {
        if self.count == self.ring.count { self.grow() }
        self.ring[(self.head &+ self.count) & (self.ring.count &- 1)] = job
        self.count &+= 1
    }

    mutating func popFirst() -> LoopJob? {
        guard self.count > 0 else { return nil }
        let job = self.ring[self.head].take()
        self.head = (self.head &+ 1) & (self.ring.count &- 1)
        self.count &-= 1
        return job
    }

    private mutating func grow() {
        let first = self.ring[self.head...]
        let second = self.ring[..<self.head]
        self.ring = Array(first) + Array(second) + Array(repeating: nil, count: self.ring.count)
        self.head = 0
    }
}
