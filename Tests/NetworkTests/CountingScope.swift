import Bytes
import EventLoop
import Multiformats
import PeerIdentity
import Swarm
import Transport

/// Counts what is asked for, by whatever connection and stream, and allows so much memory and so many sockets.
final class CountingScope: ResourceScope {
    static let name = ScopeName.other("the test")

    private let descriptorLimit: Int
    private let state: Locked<State>

    struct Held: Sendable {
        var memory = 0
        var connections = 0
        var streams = 0
        var descriptors = 0
        /// Accounts of connections that were not ended.
        var openScopes = 0
    }

    private struct State {
        var held = Held()
        /// How often a socket was reserved at all.
        var takenDescriptors = 0
        var memoryLimit: Int
        var waiters: [(condition: @Sendable (Held) -> Bool, wake: CheckedContinuation<Void, Never>)] = []
    }

    init(memoryLimit: Int = .max, descriptorLimit: Int = .max) {
        self.state = Locked(State(memoryLimit: memoryLimit))
        self.descriptorLimit = descriptorLimit
    }

    /// The configuration of a node that asks this scope; without a cache of keys, which would be charged once and for all.
    var configuration: SwarmConfiguration {
        var configuration = SwarmConfiguration()
        configuration.resources = self
        configuration.verifiedStaticKeys = 0
        return configuration
    }

    var memory: Int { self.state.withLock { $0.held.memory } }
    var connections: Int { self.state.withLock { $0.held.connections } }
    var streams: Int { self.state.withLock { $0.held.streams } }

    var descriptors: Int { self.state.withLock { $0.held.descriptors } }
    var openScopes: Int { self.state.withLock { $0.held.openScopes } }
    var takenDescriptors: Int { self.state.withLock { $0.takenDescriptors } }

    /// Allows so much memory from now on.
    func allow(_ memory: Int) { self.state.withLock { $0.memoryLimit = memory } }

    func waitUntil(_ condition: @escaping @Sendable (Held) -> Bool) async {
        await withCheckedContinuation { continuation in
            self.change { $0.waiters.append((condition, continuation)) }
        }
    }

    private func change(_ body: (inout State) -> Void) {
        let awake = self.state.withLock { state in
            body(&state)
            let awake = state.waiters.filter { $0.condition(state.held) }
            state.waiters.removeAll { $0.condition(state.held) }
            return awake
        }
        for waiter in awake { waiter.wake.resume() }
    }

    private static func add(_ sign: Int, _ resource: Resource, to held: inout Held) {
        switch resource {
        case .memory(let size): held.memory += sign * size
        case .connection: held.connections += sign
        case .stream: held.streams += sign
        case .fileDescriptor: held.descriptors += sign
        case .attempt: break
        }
    }

    func reserve(_ resource: Resource) throws(ResourceLimitError) {
        var exceeded: Int?
        self.change { state in
            var held = state.held
            Self.add(1, resource, to: &held)
            if held.memory > state.memoryLimit {
                exceeded = state.memoryLimit
            } else if held.descriptors > self.descriptorLimit {
                exceeded = self.descriptorLimit
            } else {
                state.held = held
                if resource == .fileDescriptor { state.takenDescriptors += 1 }
            }
        }
        if let exceeded { throw ResourceLimitError(resource: resource, scope: Self.name, limit: exceeded) }
    }

    func release(_ resource: Resource) {
        self.change { Self.add(-1, resource, to: &$0.held) }
    }

    func connectionScope(
        _ direction: Direction, _ remoteAddress: Multiaddr?
    ) throws(ResourceLimitError) -> any ConnectionScope {
        try self.reserve(.connection(direction))
        do {
            try self.reserve(.fileDescriptor)
        } catch {
            self.release(.connection(direction))
            throw error
        }
        self.change { $0.held.openScopes += 1 }
        return CountingConnection(self, direction)
    }

    fileprivate func closed() { self.change { $0.held.openScopes -= 1 } }
}

private final class CountingConnection: ConnectionScope {
    private let scope: CountingScope
    private let direction: Direction

    init(_ scope: CountingScope, _ direction: Direction) {
        self.scope = scope
        self.direction = direction
    }

    func mayEnd(_ end: @escaping @Sendable () -> Void) {}
    func progressed(to stage: ConnectionStage) {}
    func setPeer(_ peer: PeerID) throws(ResourceLimitError) {}
    func reserveMemory(_ count: Int) throws(ResourceLimitError) { try self.scope.reserve(.memory(count)) }
    func releaseMemory(_ count: Int) { self.scope.release(.memory(count)) }

    func streamScope(_ direction: Direction, memory: Int) throws(ResourceLimitError) -> any StreamScope {
        try self.scope.reserve(.stream(direction))
        do {
            try self.scope.reserve(.memory(memory))
        } catch {
            self.scope.release(.stream(direction))
            throw error
        }
        return CountingStream(self.scope, direction, memory)
    }

    func close() {
        self.scope.release(.fileDescriptor)
        self.scope.release(.connection(self.direction))
        self.scope.closed()
    }
}

private final class CountingStream: StreamScope {
    private let scope: CountingScope
    private let direction: Direction
    private let memory: Locked<Int>

    init(_ scope: CountingScope, _ direction: Direction, _ memory: Int) {
        self.scope = scope
        self.direction = direction
        self.memory = Locked(memory)
    }

    func mayEnd(_ end: @escaping @Sendable () -> Void) {}

    func setProtocol(_ name: String) throws(ResourceLimitError) {}

    func reserveMemory(_ count: Int) throws(ResourceLimitError) {
        try self.scope.reserve(.memory(count))
        self.memory.withLock { $0 += count }
    }

    func releaseMemory(_ count: Int) {
        self.memory.withLock { $0 -= count }
        self.scope.release(.memory(count))
    }

    func close() {
        self.scope.release(.memory(self.memory.withLock { $0 }))
        self.scope.release(.stream(self.direction))
    }
}
