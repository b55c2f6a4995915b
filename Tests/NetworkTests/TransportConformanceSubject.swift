import Bytes
import EventLoop
import Foundation
import MemoryTransport
import Multiformats
import TCPTransport
import Testing
import Transport

/// What the conformance suite runs over. A transport that is added here must pass all of it.
enum TransportSubject: String, CaseIterable, Codable, Sendable, CustomTestStringConvertible {
    case tcpOverIPv4 = "TCP over IPv4"
    case tcpOverIPv6 = "TCP over IPv6"
    case memory = "memory"

    var testDescription: String { self.rawValue }

    /// Ends the test where the machine cannot run it.
    func requireAvailable() throws {
        guard self == .tcpOverIPv6 else { return }
        let hasLoopback = NetworkInterface.all.contains { $0.addresses.contains(.v6(.loopback)) }
        if !hasLoopback { try Test.cancel("this machine has no ::1") }
    }

    /// Somewhere to listen, with what is free left to the transport.
    var anyAddress: Multiaddr {
        get throws {
            switch self {
            case .tcpOverIPv4: try Multiaddr("/ip4/127.0.0.1/tcp/0")
            case .tcpOverIPv6: try Multiaddr("/ip6/::1/tcp/0")
            case .memory: try Multiaddr("/memory/0")
            }
        }
    }

    /// Addresses that the transport does not dial.
    var foreignAddresses: [String] {
        let common = [
            "/ip4/127.0.0.1/udp/1", "/ip4/127.0.0.1/udp/1/quic-v1", "/unix/tmp/socket", "/dns4/localhost/tcp/1",
        ]
        switch self {
        case .tcpOverIPv4:
            return common + ["/memory/1", "/ip4/127.0.0.1/tcp/0", "/ip4/127.0.0.1/tcp/1/ws", "/ip4/127.0.0.1"]
        case .tcpOverIPv6:
            return common + [
                "/memory/1", "/ip6/::1/tcp/0", "/ip6/::1/tcp/1/tls/ws", "/ip6zone/nosuchzone/ip6/fe80::1/tcp/1",
            ]
        case .memory: return common + ["/memory/0", "/ip4/127.0.0.1/tcp/1", "/memory/1/ws"]
        }
    }
}

/// Two transports that can reach each other, with their loops and what was accepted.
final class TransportFixture: Sendable {
    static let peer = "/p2p/12D3KooWD3eckifWpRn9wQpMG9R9hX3sD158z7EqHWmweQAJU5SA"

    let subject: TransportSubject
    let loops: EventLoopGroup
    let listening: any Transport
    let dialling: any Transport
    let accepted = AcceptedLinks()

    private init(_ subject: TransportSubject, loopCount: Int) {
        self.subject = subject
        self.loops = EventLoopGroup(count: loopCount)
        switch subject {
        case .tcpOverIPv4, .tcpOverIPv6: (self.listening, self.dialling) = (TCPTransport(), TCPTransport())
        case .memory:
            let network = MemoryNetwork()
            (self.listening, self.dialling) = (MemoryTransport(network), MemoryTransport(network))
        }
    }

    /// Runs `body` with a fixture, and stops its loops.
    static func with<Result>(
        _ subject: TransportSubject, loopCount: Int = 2, _ body: (TransportFixture) async throws -> Result
    ) async throws -> Result {
        try subject.requireAvailable()
        let fixture = TransportFixture(subject, loopCount: loopCount)
        do {
            let result = try await body(fixture)
            await fixture.loops.shutdown()
            return result
        } catch {
            await fixture.loops.shutdown()
            throw error
        }
    }

    func listen(on address: Multiaddr? = nil) async throws -> any TransportListener {
        try await self.listening.listen(on: address ?? self.subject.anyAddress, loops: self.loops) { [accepted] in
            accepted.add($0)
        }
    }

    func dial(_ address: Multiaddr, timeout: Duration = .seconds(30)) async throws -> RawLink {
        try await self.dialling.dial(address, on: self.loops.next(), timeout: timeout)
    }

    /// Both ends of a new connection to `listener`.
    func connect(to listener: any TransportListener) async throws -> (dialled: RawLink, accepted: RawLink) {
        let dialled = try await self.dial(listener.address)
        return (dialled, await self.accepted.next())
    }

    /// The error that `operation` ends with, which must be the transport's own.
    func error(_ operation: () async throws -> some Sendable) async throws -> TransportError {
        try await #require(throws: TransportError.self) { _ = try await operation() }
    }
}

/// The links that a listener accepted, in their order.
final class AcceptedLinks: Sendable {
    private struct State {
        var links: [RawLink] = []
        var waiting: [Handover<RawLink>] = []
    }

    private let state = Locked(State())

    func add(_ link: RawLink) {
        let waiting = self.state.withLock { state -> Handover<RawLink>? in
            guard state.waiting.isEmpty else { return state.waiting.removeFirst() }
            state.links.append(link)
            return nil
        }
        waiting?.give(link)
    }

    func next() async -> RawLink {
        await withHandover { handover in
            let link = self.state.withLock { state -> RawLink? in
                guard state.links.isEmpty else { return state.links.removeFirst() }
                state.waiting.append(handover)
                return nil
            }
            if let link { handover.give(link) }
        }
    }
}
