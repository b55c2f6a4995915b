import Bytes
import ConnectionUpgrade
import EventLoop
import Swarm
import Testing
import Transport

/// Everything that a connection takes is asked for, and given back.
@Suite(.timeLimit(.minutes(2))) struct ResourceScopeTests {
    private static let initialWindow = 256 * 1_024
    private static let slabSize = 64 * 1_024

    @Test func `what connections and streams hold is charged, and nothing is left when all have ended`()
        async throws
    {
        let scope = CountingScope()
        try await HostileSubject.with(Self.configuration(scope)) { subject in
            #expect(scope.memory == Self.slabSize)
            let (peer, connection) = try await subject.secured()
            #expect(scope.connections == 1)
            try await peer.sendSealed(HostilePeer.frame(1, flags: 1, stream: 1, value: 0))
            await scope.waitUntil { $0.memory == Self.slabSize + Self.initialWindow }
            #expect(scope.streams == 1)
            await peer.close()
            _ = await connection.waitUntilClosed()
            #expect(scope.memory == Self.slabSize)
        }
        #expect(scope.streams == 0)
        #expect(scope.connections == 0)
        await scope.waitUntil { $0.memory == 0 }
    }

    @Test func `a message whose end has not come is charged to its connection`() async throws {
        let scope = CountingScope()
        try await HostileSubject.with(Self.configuration(scope)) { subject in
            let (peer, connection) = try await subject.secured()
            // An empty Noise message of 16 bytes, of which half comes.
            let message = try await peer.seal([])
            await peer.send(Array(message[..<9]))
            await scope.waitUntil { $0.memory > Self.slabSize }
            await peer.send(Array(message[9...]))
            await scope.waitUntil { $0.memory == Self.slabSize }
            #expect(connection.closeReason == nil)
            await peer.send(Array(try await peer.seal([])[..<9]))
            await scope.waitUntil { $0.memory > Self.slabSize }
            await peer.close()
            _ = await connection.waitUntilClosed()
            #expect(scope.memory == Self.slabSize)
        }
    }

    @Test func `a connection that may not hold a half-received message ends and says so`() async throws {
        let scope = CountingScope(memoryLimit: Self.slabSize + 1_000)
        try await HostileSubject.with(Self.configuration(scope)) { subject in
            let (peer, connection) = try await subject.secured()
            await peer.send(Array(try await peer.seal([])[..<9]))
            guard case .limitReached(let limit) = await connection.waitUntilClosed() else {
                Issue.record("\(String(describing: connection.closeReason))")
                return
            }
            #expect(limit.scope == CountingScope.name)
            await peer.close()
        }
    }

    @Test func `a connection for whose data no slab is allowed ends and says so`() async throws {
        // One stream's window, and two slabs where three are needed.
        let scope = CountingScope(memoryLimit: 2 * Self.slabSize + Self.initialWindow)
        try await HostileSubject.with(Self.configuration(scope)) { subject in
            let began = PendingResult<Void>()
            subject.swarm.handle("/slow") { stream in
                began.finish(.success(()))
                // Reads nothing, and so keeps all that came.
                _ = await stream.connection.waitUntilClosed()
            }
            let (peer, connection) = try await subject.secured()
            try await peer.sendSealed(
                HostilePeer.frame(1, flags: 1, stream: 1, value: 0)
                    + HostilePeer.data(1, HostilePeer.message("/multistream/1.0.0") + HostilePeer.message("/slow")))
            try await began.wait()
            for _ in 0..<4 {
                try await peer.sendSealed(HostilePeer.data(1, Array(repeating: 7, count: 60_000)))
            }
            guard case .limitReached = await connection.waitUntilClosed() else {
                Issue.record("\(String(describing: connection.closeReason))")
                return
            }
            await peer.close()
        }
    }

    @Test func `slabs of a burst are given back when nobody holds a piece of them`() async throws {
        let scope = CountingScope()
        let streams = 12
        try await HostileSubject.with(Self.configuration(scope)) { subject in
            subject.swarm.handle("/slow") { stream in _ = await stream.connection.waitUntilClosed() }
            let (peer, connection) = try await subject.secured()
            for number in 0..<streams {
                let stream = UInt32(2 * number + 1)
                try await peer.sendSealed(
                    HostilePeer.frame(1, flags: 1, stream: stream, value: 0)
                        + HostilePeer.data(
                            stream, HostilePeer.message("/multistream/1.0.0") + HostilePeer.message("/slow")))
                for _ in 0..<4 {
                    try await peer.sendSealed(HostilePeer.data(stream, Array(repeating: 7, count: 60_000)))
                }
            }
            // A slab holds one such message.
            let held = 4 * streams * Self.slabSize
            await scope.waitUntil { $0.memory >= held + streams * Self.initialWindow }
            await peer.close()
            _ = await connection.waitUntilClosed()
            await scope.waitUntil { $0.memory <= 33 * Self.slabSize }
        }
        await scope.waitUntil { $0.memory == 0 }
    }

    private static func configuration(_ scope: CountingScope) -> SwarmConfiguration {
        var configuration = SwarmConfiguration()
        configuration.resources = scope
        return configuration
    }
}

/// Counts what is asked for, and allows so much memory.
private final class CountingScope: ResourceScope {
    static let name = "test"

    private let memoryLimit: Int
    private let state = Locked(State())

    struct Held: Sendable {
        var memory = 0
        var connections = 0
        var streams = 0
    }

    private struct State {
        var held = Held()
        var waiters: [(condition: @Sendable (Held) -> Bool, wake: CheckedContinuation<Void, Never>)] = []
    }

    init(memoryLimit: Int = .max) {
        self.memoryLimit = memoryLimit
    }

    var memory: Int { self.state.withLock { $0.held.memory } }
    var connections: Int { self.state.withLock { $0.held.connections } }
    var streams: Int { self.state.withLock { $0.held.streams } }

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
        case .fileDescriptor: break
        }
    }

    func reserve(_ resource: Resource) throws(ResourceLimitError) {
        var isAllowed = true
        self.change { state in
            if case .memory(let size) = resource, state.held.memory + size > self.memoryLimit {
                isAllowed = false
            } else {
                Self.add(1, resource, to: &state.held)
            }
        }
        guard isAllowed else {
            throw ResourceLimitError(resource: resource, scope: Self.name, limit: self.memoryLimit)
        }
    }

    func release(_ resource: Resource) {
        self.change { Self.add(-1, resource, to: &$0.held) }
    }

    func connectionScope(_ direction: Direction) throws(ResourceLimitError) -> any ResourceScope { self }
    func close() {}
}
