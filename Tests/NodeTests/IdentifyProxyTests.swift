import Bytes
import EventLoop
import Identify
import Multiformats
import PeerIdentity
import Swarm
import TCPTransport
import Testing
import Transport

/// What a node takes of the word of a peer that it reaches through a proxy.
@Suite(.timeLimit(.minutes(1))) struct IdentifyProxyTests {
    private static let onion = "/onion3/vww6ybal4bd7szmgncyruucpgfkqahzddi37ktceo3ah7ngmcopnpyyd:1234"
    private static let otherOnion = "/onion3/2gzyxa5ihm7nsggfxnu52rck2vv4rvmdlkiu3zzui5du4xyclen53wid:4001"
    private static let said = [
        "/ip4/127.0.0.1/tcp/1", "/ip4/192.168.1.1/tcp/1", "/ip4/1.2.3.4/tcp/1", "/dns4/example.org/tcp/1",
    ]

    /// The addresses that are stored of a peer that was dialled as an onion service, and said it is at `said`.
    private static func stored(
        of said: [String], scope: DetourTransport.Scope, isSigned: Bool
    ) async throws -> [String] {
        let loops = EventLoopGroup(count: 1)
        let listener = try await Swarm(identity: .generate(), transports: [TCPTransport()], loops: loops)
        let place = try await listener.listen(on: Multiaddr("/ip4/127.0.0.1/tcp/0"))
        let dialer = try await Swarm(
            identity: .generate(), transports: [DetourTransport(to: place, scope), TCPTransport()], loops: loops)
        var configuration = IdentifyConfiguration()
        let addresses = try said.map { try Multiaddr($0) }
        configuration.addresses = { addresses }
        configuration.sendsSignedRecord = isSigned
        let services = [
            IdentifyService(swarm: listener, configuration: configuration), IdentifyService(swarm: dialer),
        ]
        let outcome: Result<[String], any Error>
        do {
            let connection = try await dialer.connect(to: Multiaddr(Self.onion).appending(listener.localPeer))
            // That of the peer, which is told everything: who dials decides what of it is of use.
            _ = try await services[1].information(of: connection)
            outcome = .success(dialer.addresses(of: listener.localPeer).map(\.description))
        } catch {
            outcome = .failure(error)
        }
        await dialer.close()
        await listener.close()
        await loops.shutdown()
        // The swarms do not keep them, and an optimised test lets go of them behind their last mention.
        withExtendedLifetime(services) {}
        return try outcome.get()
    }

    @Test(arguments: [false, true])
    func `a peer that was configured as an onion service is not dialled in the clear later`(isSigned: Bool) async throws
    {
        let stored = try await Self.stored(of: Self.said + [Self.otherOnion], scope: .onion, isSigned: isSigned)
        #expect(Set(stored) == [Self.onion, Self.otherOnion])
    }

    @Test(arguments: [false, true])
    func `where everything goes through the proxy, public addresses of a peer behind it are stored`(
        isSigned: Bool
    ) async throws {
        let stored = try await Self.stored(of: Self.said, scope: .all, isSigned: isSigned)
        #expect(Set(stored) == [Self.onion, Self.said[2], Self.said[3]])
    }
}

/// Stands in for a proxy that leads everybody to the same place.
private struct DetourTransport: Transport {
    enum Scope { case onion, all }

    private let place: Multiaddr
    private let scope: Scope

    init(to place: Multiaddr, _ scope: Scope) {
        self.place = place
        self.scope = scope
    }

    var route: ConnectionRoute { .proxied }
    func canDial(_ address: Multiaddr) -> Bool { self.scope == .all || address.contains(.onion3) }
    func canListen(on address: Multiaddr) -> Bool { false }
    func dialsNames(in address: Multiaddr) -> Bool { self.scope == .all }

    func dial(_ address: Multiaddr, on loop: EventLoop, timeout: Duration) async throws -> RawLink {
        let link = try await TCPTransport().dial(self.place, on: loop, timeout: timeout)
        guard let descriptor = link.takeDescriptor() else { throw TransportError(.failed, "the socket is gone") }
        return RawLink(
            descriptor: descriptor, loop: loop, localAddress: link.localAddress,
            remoteAddress: address.withoutPeerID ?? address, route: .proxied)
    }

    func listen(
        on address: Multiaddr, loops: EventLoopGroup, accept: @escaping @Sendable (RawLink) -> Void
    ) async throws -> any TransportListener {
        throw TransportError(.unsupportedAddress, "nobody is listened for here")
    }
}
