import EventLoop
import Multiformats
import TCPTransport
import Testing
import Transport

/// Outgoing connections from the port that is listened on, and what a port in use means then.
@Suite(.timeLimit(.minutes(1))) struct TCPPortReuseTests {
    @Test(arguments: [TransportSubject.tcpOverIPv4, .tcpOverIPv6])
    func `a dial leaves from the listen port, and a second one to the same place from another`(
        _ subject: TransportSubject
    ) async throws {
        try await TransportFixture.with(subject) { fixture in
            let target = try await fixture.listen()
            let own = try await fixture.dialling.listen(on: subject.anyAddress, loops: fixture.loops) { _ in }
            let first = try await fixture.connect(to: target)
            #expect(first.dialled.localAddress == own.address)
            #expect(first.accepted.remoteAddress == own.address)
            let second = try await fixture.connect(to: target)
            #expect(second.dialled.localAddress != own.address)
            #expect(second.accepted.remoteAddress == second.dialled.localAddress)

            // A port of no listener is not used any more.
            await own.close()
            let third = try await fixture.listen()
            #expect(try await fixture.dial(third.address).localAddress != own.address)
            await target.close()
            await third.close()
        }
    }

    @Test(arguments: [TransportSubject.tcpOverIPv4, .tcpOverIPv6])
    func `a listener on every address is a source for every dial`(_ subject: TransportSubject) async throws {
        try await TransportFixture.with(subject) { fixture in
            let wildcard = try Multiaddr(subject == .tcpOverIPv4 ? "/ip4/0.0.0.0/tcp/0" : "/ip6/::/tcp/0")
            let own = try await fixture.dialling.listen(on: wildcard, loops: fixture.loops) { _ in }
            let port = try #require(own.address.tcpPort)
            #expect(own.address == wildcard.replacingPort(with: port))
            let target = try await fixture.listen()
            let link = try await fixture.connect(to: target)
            #expect(link.dialled.localAddress == target.address.replacingPort(with: port))
            #expect(link.accepted.remoteAddress == link.dialled.localAddress)
            await own.close()
            await target.close()
        }
    }

    @Test func `a listener of the other family is no source`() async throws {
        try TransportSubject.tcpOverIPv6.requireAvailable()
        try await TransportFixture.with(.tcpOverIPv4) { fixture in
            let own = try await fixture.dialling.listen(on: Multiaddr("/ip6/::/tcp/0"), loops: fixture.loops) { _ in }
            let target = try await fixture.listen()
            let link = try await fixture.connect(to: target)
            #expect(link.dialled.localAddress.tcpPort != own.address.tcpPort)
            await own.close()
            await target.close()
        }
    }

    @Test func `a port that IPv4 has otherwise is a source for IPv6`() async throws {
        try TransportSubject.tcpOverIPv6.requireAvailable()
        try await TransportFixture.with(.tcpOverIPv6) { fixture in
            let own = try await fixture.dialling.listen(on: Multiaddr("/ip6/::/tcp/0"), loops: fixture.loops) { _ in }
            let port = try #require(own.address.tcpPort)
            let other = try Socket.stream(.ipv4)
            defer { other.close() }
            try other.bind(to: #require(SocketAddress(ip: "127.0.0.1", port: port)))
            let target = try await fixture.listen()
            #expect(try await fixture.dial(target.address).localAddress.tcpPort == port)
            await own.close()
            await target.close()
        }
    }

    @Test func `without port reuse a dial leaves from any port`() async throws {
        try await TransportFixture.with(.tcpOverIPv4) { fixture in
            var configuration = TCPConfiguration()
            configuration.portReuse = false
            let transport = TCPTransport(configuration)
            let own = try await transport.listen(on: Multiaddr("/ip4/127.0.0.1/tcp/0"), loops: fixture.loops) { _ in }
            let target = try await fixture.listen()
            let loop = fixture.loops.next()
            let link = try await transport.dial(target.address, on: loop, timeout: .seconds(30))
            #expect(link.localAddress.tcpPort != own.address.tcpPort)
            await own.close()
            await target.close()
        }
    }

    @Test(arguments: ["/ip4/127.0.0.1/tcp/0", "/ip4/0.0.0.0/tcp/0"])
    func `a node that dials its own listener reaches it and not itself`(listen: String) async throws {
        try await TransportFixture.with(.tcpOverIPv4) { fixture in
            let listener = try await fixture.listen(on: Multiaddr(listen))
            let address = try listener.address.replacingHost(with: .v4(.loopback))
            let link = try await fixture.listening.dial(address, on: fixture.loops.next(), timeout: .seconds(30))
            #expect(link.remoteAddress == address)
            #expect(link.localAddress != address)
            let accepted = await fixture.accepted.next()
            #expect(accepted.localAddress == address)
            #expect(accepted.remoteAddress == link.localAddress)
            await listener.close()
        }
    }

    @Test func `two nodes that dial from their listen ports still have ports of their own`() async throws {
        try await TransportFixture.with(.tcpOverIPv4) { fixture in
            let target = try await fixture.listen()
            let own = try await fixture.dialling.listen(on: fixture.subject.anyAddress, loops: fixture.loops) { _ in }
            let link = try await fixture.connect(to: target)
            #expect(link.dialled.localAddress == own.address)
            // The port is bound by the connection, too, now. A listener still finds that it is taken.
            let another = TCPTransport()
            for address in [own.address, try own.address.replacingHost(with: .v4(.unspecified))] {
                let error = try await fixture.error {
                    try await another.listen(on: address, loops: fixture.loops) { _ in }
                }
                #expect(error.code == .addressInUse)
            }
            // A connection alone does not keep a node from listening on its port again.
            await own.close()
            let again = try await another.listen(on: own.address, loops: fixture.loops) { _ in }
            #expect(again.address == own.address)
            await again.close()
            await target.close()
        }
    }

    @Test(arguments: [[], [SocketOption.reuseAddress(true)], [.reuseAddress(true), .reusePort(true)]])
    func `a port that another program listens on is in use`(options: [SocketOption]) async throws {
        let program = try Socket.stream(.ipv4)
        defer { program.close() }
        try program.setOptions(options)
        try program.bind(to: #require(SocketAddress(ip: "127.0.0.1", port: 0)))
        try program.listen()
        let place = try #require(program.localAddress)
        try await TransportFixture.with(.tcpOverIPv4) { fixture in
            let address = try #require(Multiaddr(tcp: place))
            let error = try await fixture.error { try await fixture.listen(on: address) }
            #expect(error == TransportError(.addressInUse, ""))
            #expect(error.reason == "listen on \(place): address already in use")
        }
    }

    @Test func `both families listen on the same port`() async throws {
        try TransportSubject.tcpOverIPv6.requireAvailable()
        try await TransportFixture.with(.tcpOverIPv6) { fixture in
            let six = try await fixture.listen(on: Multiaddr("/ip6/::/tcp/0"))
            let port = try #require(six.address.tcpPort)
            let four = try await fixture.listen(on: Multiaddr("/ip4/0.0.0.0/tcp/\(port)"))
            let link = try await fixture.dial(Multiaddr("/ip4/127.0.0.1/tcp/\(port)"))
            let accepted = await fixture.accepted.next()
            #expect(accepted.remoteAddress == link.localAddress)
            #expect(accepted.localAddress == (try Multiaddr("/ip4/127.0.0.1/tcp/\(port)")))
            await four.close()
            await six.close()
        }
    }
}
