import Bytes
import EventLoop
import MemoryTransport
import Multiformats
import PeerIdentity
import Swarm
import Testing
import Transport

/// A swarm whose every dial the test decides, and peers for it to reach.
struct SwarmDialBench: Sendable {
    let swarm: Swarm
    let transport: ScriptedTransport
    let loops: EventLoopGroup
    private let network: MemoryNetwork
    private let others = Locked<[Swarm]>([])

    private init(_ configuration: SwarmConfiguration) async throws {
        self.loops = EventLoopGroup(count: 2)
        self.network = MemoryNetwork()
        self.transport = ScriptedTransport(self.network)
        self.swarm = try await Swarm(
            identity: try .generate(), transports: [self.transport], loops: self.loops, configuration: configuration)
    }

    /// Runs `body` with a bench, and closes its swarms.
    static func with(
        _ configuration: SwarmConfiguration = .init(), _ body: (SwarmDialBench) async throws -> Void
    ) async throws {
        let bench = try await SwarmDialBench(configuration)
        var failure: (any Error)?
        do {
            try await body(bench)
        } catch {
            failure = error
        }
        for swarm in [bench.swarm] + bench.others.withLock({ $0 }) { await swarm.close() }
        await bench.loops.shutdown()
        if let failure { throw failure }
    }

    /// One more node, which listens at the place that `.reach` is given; it dials by `transport`.
    func peer(
        _ transport: ScriptedTransport? = nil, identity: PrivateKey? = nil
    ) async throws -> (swarm: Swarm, place: Multiaddr) {
        let swarm = try await Swarm(
            identity: try identity ?? .generate(), transports: [transport ?? ScriptedTransport(self.network)],
            loops: self.loops)
        self.others.withLock { $0.append(swarm) }
        return (swarm, try await swarm.listen(on: Multiaddr("/memory/0")))
    }

    /// A transport for another node of the same network.
    func newTransport() -> ScriptedTransport { ScriptedTransport(self.network) }

    /// How a dial of the peer at these addresses fails; nil where it does not.
    func failure(of peer: PeerID, at addresses: [Multiaddr]) async -> DialError? {
        self.swarm.addAddresses(addresses, of: peer)
        do {
            _ = try await self.swarm.connect(to: peer)
            return nil
        } catch {
            return error as? DialError
        }
    }

    /// An address of the form that the bench dials; nothing is there but what the script says.
    static func address(_ number: Int) throws -> Multiaddr { try Multiaddr("/ip4/192.0.2.\(number)/tcp/4001") }

    static func addresses(_ numbers: ClosedRange<Int>) throws -> [Multiaddr] {
        try numbers.map { try Self.address($0) }
    }
}

/// A transport that does with each address what its script says, and remembers.
final class ScriptedTransport: Transport {
    /// What becomes of a dial.
    indirect enum Fate: Sendable {
        /// It fails so.
        case fail(TransportError.Code)
        /// It ends by being cancelled alone.
        case stall
        /// It goes on so once the test releases the address.
        case hold(then: Fate)
        /// It leads to the listener at that place in memory.
        case reach(Multiaddr)
        /// It leads to somebody who says this.
        case meet(String)
    }

    /// What happened so far.
    struct Record: Sendable {
        var begun: [Multiaddr] = []
        var givenUp: [Multiaddr] = []
        var underWay = 0
        var mostAtOnce = 0
    }

    private struct Waiter: Sendable {
        let condition: @Sendable (Record) -> Bool
        let result: PendingResult<Void>
    }

    private struct State {
        var fates: [Multiaddr: Fate] = [:]
        var gates: [Multiaddr: AsyncStream<Void>.Continuation] = [:]
        var released: Set<Multiaddr> = []
        var record = Record()
        var waiters: [Waiter] = []
        var strangers: [Socket] = []
    }

    private let memory: MemoryTransport
    private let state = Locked(State())

    init(_ network: MemoryNetwork) { self.memory = MemoryTransport(network) }

    deinit { for socket in self.state.withLock({ $0.strangers }) { socket.close() } }

    /// Decides about an address; one without a fate is refused.
    func set(_ fate: Fate, for address: Multiaddr) { self.state.withLock { $0.fates[address] = fate } }

    /// Lets the dial of an address that is held go on, now or when it comes.
    func release(_ address: Multiaddr) {
        self.state.withLock { state in
            state.released.insert(address)
            return state.gates[address]
        }?.finish()
    }

    var record: Record { self.state.withLock { $0.record } }

    /// Returns when `condition` holds of what happened; throws where the test has run out of time.
    func wait(until condition: @escaping @Sendable (Record) -> Bool) async throws {
        let result = PendingResult<Void>()
        let holds = self.state.withLock { state in
            guard !condition(state.record) else { return true }
            state.waiters.append(Waiter(condition: condition, result: result))
            return false
        }
        if !holds { try await result.wait() }
    }

    /// Returns when the address is being dialled.
    func waitForDial(of address: Multiaddr) async throws { try await self.wait { $0.begun.contains(address) } }

    private func note(_ change: (inout Record) -> Void) {
        let ready = self.state.withLock { state in
            change(&state.record)
            let record = state.record
            let ready = state.waiters.filter { $0.condition(record) }
            state.waiters.removeAll { $0.condition(record) }
            return ready
        }
        for waiter in ready { waiter.result.finish(.success(())) }
    }

    // MARK: Transport

    func canDial(_ address: Multiaddr) -> Bool { !address.contains(.udp) }
    func canListen(on address: Multiaddr) -> Bool { self.memory.canListen(on: address) }

    func listen(
        on address: Multiaddr, loops: EventLoopGroup, accept: @escaping @Sendable (RawLink) -> Void
    ) async throws -> any TransportListener {
        try await self.memory.listen(on: address, loops: loops, accept: accept)
    }

    func dial(_ address: Multiaddr, on loop: EventLoop, timeout: Duration) async throws -> RawLink {
        self.note { record in
            record.begun.append(address)
            record.underWay += 1
            record.mostAtOnce = max(record.mostAtOnce, record.underWay)
        }
        defer { self.note { $0.underWay -= 1 } }
        let fate = self.state.withLock { $0.fates[address] ?? .fail(.refused) }
        return try await self.meet(fate, address, on: loop, timeout)
    }

    private func meet(
        _ fate: Fate, _ address: Multiaddr, on loop: EventLoop, _ timeout: Duration
    ) async throws -> RawLink {
        switch fate {
        case .fail(let code): throw TransportError(code, "connect to \(address): \(code)")
        case .stall:
            for await _ in AsyncStream.makeStream(of: Never.self).stream {}
        case .hold(let next):
            let (gate, opener) = AsyncStream.makeStream(of: Void.self)
            let isReleased = self.state.withLock { state in
                state.gates[address] = opener
                return state.released.contains(address)
            }
            if isReleased { opener.finish() }
            for await _ in gate {}
            if !Task.isCancelled { return try await self.meet(next, address, on: loop, timeout) }
        case .reach(let place): return try await self.memory.dial(place, on: loop, timeout: timeout)
        case .meet(let greeting):
            let sockets = try Socket.pair()
            self.state.withLock { $0.strangers.append(sockets.1) }
            _ = Array(greeting.utf8).withUnsafeBytes { sockets.1.send($0) }
            return RawLink(
                descriptor: sockets.0.descriptor, loop: loop, localAddress: address, remoteAddress: address)
        }
        self.note { $0.givenUp.append(address) }
        throw CancellationError()
    }
}
