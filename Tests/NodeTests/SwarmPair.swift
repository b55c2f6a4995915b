import Bytes
import EventLoop
import MemoryTransport
import Multiformats
import PeerIdentity
import Swarm
import TCPTransport
import Testing
import Transport

/// The transports that protocols are tested over.
enum PairTransport: CaseIterable, CustomTestStringConvertible {
    case memory
    case tcp

    var testDescription: String { "\(self)" }

    fileprivate func transports(_ network: MemoryNetwork) -> [any Transport] {
        switch self {
        case .memory: [MemoryTransport(network)]
        case .tcp: [TCPTransport()]
        }
    }

    fileprivate var listenAddress: Multiaddr {
        get throws { try Multiaddr(self == .memory ? "/memory/0" : "/ip4/127.0.0.1/tcp/0") }
    }
}

/// Two nodes without protocols that can reach each other, and are not connected yet.
struct SwarmPair: Sendable {
    let dialer: Swarm
    let listener: Swarm
    let listenAddress: Multiaddr
    private let kept = Locked<[any Sendable]>([])

    /// Keeps `service` as long as the pair, which its swarm does not: a test that is optimised lets go of it behind its last
    /// mention, and the peer would find nobody there.
    func keep<Service: Sendable>(_ service: Service) -> Service {
        self.kept.withLock { $0.append(service) }
        return service
    }

    /// Connects the dialer to the listener, and returns both ends.
    func connect() async throws -> (dialer: Connection, listener: Connection) {
        let events = self.listener.subscribe()
        let known = Set(self.listener.connections)
        self.dialer.addAddresses([self.listenAddress], of: self.listener.localPeer)
        let dialled = try await self.dialer.connect(to: self.listener.localPeer)
        let accepted = try await events.first { event in
            if case .connected(let connection) = event { !known.contains(connection) } else { false }
        }
        guard case .connected(let connection)? = accepted else { throw PairError.noConnection }
        return (dialled, connection)
    }

    enum PairError: Error {
        case noConnection
    }
}

extension AsyncSequence {
    /// The first element of which `condition` holds.
    fileprivate func first(_ condition: (Element) -> Bool) async throws -> Element? {
        for try await element in self where condition(element) { return element }
        return nil
    }
}

/// Runs `body` with two nodes, and closes them when it is done.
func withSwarmPair(
    over transport: PairTransport = .memory, configuration: SwarmConfiguration = .init(),
    _ body: (SwarmPair) async throws -> Void
) async throws {
    let loops = EventLoopGroup(count: 2)
    let network = MemoryNetwork()
    func swarm() async throws -> Swarm {
        try await Swarm(
            identity: try PrivateKey.generate(), transports: transport.transports(network), loops: loops,
            configuration: configuration)
    }
    let (dialer, listener) = (try await swarm(), try await swarm())
    var failure: (any Error)?
    do {
        let address = try await listener.listen(on: transport.listenAddress)
        try await body(SwarmPair(dialer: dialer, listener: listener, listenAddress: address))
    } catch {
        failure = error
    }
    await dialer.close()
    await listener.close()
    await loops.shutdown()
    if let failure { throw failure }
}
