import Bytes
import ConnectionUpgrade
import EventLoop
import Multiformats
import PeerIdentity
import PrivateNetwork
import SOCKS5
import SOCKSTransport
import Swarm
import TCPTransport
import Testing
import Transport

/// Dials through a proxy over real sockets.
@Suite(.timeLimit(.minutes(1))) struct SOCKSTransportTests {
    private static let onion = "/onion3/vww6ybal4bd7szmgncyruucpgfkqahzddi37ktceo3ah7ngmcopnpyyd:1234"
    private static let service = "vww6ybal4bd7szmgncyruucpgfkqahzddi37ktceo3ah7ngmcopnpyyd.onion"
    private static let patience: Duration = .seconds(600)

    private static func transport(
        _ proxy: SocketAddress, _ scope: SOCKSConfiguration.Scope = .all, _ credentials: SOCKS5Credentials? = nil
    ) -> SOCKSTransport {
        var configuration = SOCKSConfiguration(proxy: proxy)
        configuration.scope = scope
        configuration.credentials = credentials
        return SOCKSTransport(configuration)
    }

    /// How a dial of `address` through a proxy with this script fails.
    private static func failure(
        _ script: ScriptedProxy.Script, _ loops: EventLoopGroup, dialling address: String = Self.onion
    ) async throws -> TransportError {
        let proxy = try await ScriptedProxy.start(on: loops, script)
        let error = try await #require(throws: TransportError.self) {
            _ = try await Self.transport(proxy.address).dial(
                Multiaddr(address), on: loops.next(), timeout: Self.patience)
        }
        await proxy.close()
        return error
    }

    // MARK: What is dialled

    @Test func `with the scope of onion services, every other address is left to others`() throws {
        let transport = Self.transport(SocketAddress(.v4(.loopback), port: 9050), .onion)
        #expect(transport.canDial(try Multiaddr(Self.onion)))
        #expect(
            transport.canDial(try Multiaddr("\(Self.onion)/p2p/12D3KooWD3eckifWpRn9wQpMG9R9hX3sD158z7EqHWmweQAJU5SA")))
        for address in ["/ip4/192.0.2.1/tcp/1", "/dns4/example.org/tcp/1", "/memory/1", "\(Self.onion)/ws"] {
            #expect(!transport.canDial(try Multiaddr(address)), "\(address)")
            #expect(!transport.dialsNames(in: try Multiaddr(address)))
        }
    }

    @Test func `with the scope of everything, no address of TCP and no name is left to others`() throws {
        let transport = Self.transport(SocketAddress(.v4(.loopback), port: 9050), .all)
        for address in [
            Self.onion, "/ip4/192.0.2.1/tcp/1", "/ip6/2001:db8::1/tcp/1", "/dns4/example.org/tcp/1",
            "/dns/example.org/tcp/1", "/dnsaddr/example.org", "/ip6zone/lo/ip6/fe80::1/tcp/1",
        ] {
            #expect(transport.canDial(try Multiaddr(address)), "\(address)")
        }
        for address in ["/dns4/example.org/tcp/1", "/dns6/example.org/tcp/1", "/dnsaddr/example.org"] {
            #expect(transport.dialsNames(in: try Multiaddr(address)), "\(address)")
        }
        #expect(!transport.canDial(try Multiaddr("/memory/1")))
        #expect(!transport.canListen(on: try Multiaddr("/ip4/127.0.0.1/tcp/0")))
    }

    private static func request(_ type: UInt8, _ host: [UInt8], _ port: UInt16) -> [UInt8] {
        [5, 1, 0, type] + host + [UInt8(port >> 8), UInt8(port & 255)]
    }

    static let requests: [(String, [UInt8])] = [
        (onion, request(3, [62] + Array(service.utf8), 1_234)),
        ("/dns4/example.org/tcp/4001", request(3, [11] + Array("example.org".utf8), 4_001)),
        ("/ip4/192.0.2.1/tcp/80", request(1, [192, 0, 2, 1], 80)),
        ("/ip6/2001:db8::1/tcp/80", request(4, [0x20, 1, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1], 80)),
    ]

    @Test(arguments: requests, [false, true])
    func `the proxy is asked for what is dialled, and the connection is with that`(
        _ request: (String, [UInt8]), isFragmented: Bool
    ) async throws {
        try await withEventLoops { loops in
            let proxy = try await ScriptedProxy.start(on: loops, .init(isFragmented: isFragmented))
            let address = try Multiaddr(request.0)
            let link = try await Self.transport(proxy.address).dial(address, on: loops.next(), timeout: Self.patience)
            #expect(link.remoteAddress == address)
            #expect(link.route == .proxied)
            #expect(proxy.messages == [[5, 1, 0], request.1])
            await proxy.close()
        }
    }

    @Test func `credentials go to the proxy`() async throws {
        try await withEventLoops { loops in
            let script = ScriptedProxy.Script(
                answers: [[5, 2], [1, 0], [5, 0, 0, 1, 0, 0, 0, 0, 0, 0]], authenticates: true)
            let proxy = try await ScriptedProxy.start(on: loops, script)
            let credentials = SOCKS5Credentials(username: "me", password: "pass")
            _ = try await Self.transport(proxy.address, .onion, credentials).dial(
                Multiaddr(Self.onion), on: loops.next(), timeout: Self.patience)
            let login: [UInt8] = [1, 2] + Array("me".utf8) + [4] + Array("pass".utf8)
            let messages = proxy.messages
            try #require(messages.count == 3)
            #expect(messages[0] == [5, 1, 2])
            #expect(messages[1] == login)
            await proxy.close()
        }
    }

    @Test(arguments: [false, true])
    func `what the destination says right behind the proxy's answer is not lost`(isFragmented: Bool) async throws {
        try await withEventLoops { loops in
            let behind = Array("and then the peer speaks".utf8)
            let script = ScriptedProxy.Script(isFragmented: isFragmented, behind: behind)
            let proxy = try await ScriptedProxy.start(on: loops, script)
            let link = try await Self.transport(proxy.address).dial(
                Multiaddr(Self.onion), on: loops.next(), timeout: Self.patience)
            let socket = Socket(descriptor: try #require(link.takeDescriptor()))
            var received: [UInt8] = []
            var buffer = [UInt8](repeating: 0, count: 64)
            while received.count < behind.count {
                switch buffer.withUnsafeMutableBytes({ socket.receive(into: $0) }) {
                case .bytes(let count): received += buffer.prefix(count)
                case .wouldBlock: await Task.yield()
                case .endOfStream, .failed: Issue.record("the socket has ended"); received += behind
                }
            }
            socket.close()
            #expect(received == behind)
            await proxy.close()
        }
    }

    // MARK: Failures

    static let refusals: [(UInt8, TransportError.Code, String)] = [
        (1, .failed, "general failure"), (2, .failed, "not allowed"),
        (3, .unreachable, "network unreachable"), (4, .unreachable, "host unreachable"),
        (5, .refused, "connection refused"), (6, .timedOut, "took too long"), (7, .failed, "does not connect"),
        (8, .unsupportedAddress, "kind of address"), (0xf6, .unsupportedAddress, "onion address is invalid"),
    ]

    @Test(arguments: refusals)
    func `a refusal of the proxy is the address's failure`(_ answer: (UInt8, TransportError.Code, String)) async throws
    {
        try await withEventLoops { loops in
            let script = ScriptedProxy.Script(answers: [[5, 0], [5, answer.0, 0, 1, 0, 0, 0, 0, 0, 0]])
            let error = try await Self.failure(script, loops)
            #expect(error.code == answer.1)
            #expect(error.reason.contains(answer.2))
            #expect(error.reason.contains(Self.service))
        }
    }

    static let violations: [([[UInt8]], String)] = [
        ([Array("HTTP/1.1 400 Bad Request\r\n".utf8)], "does not speak SOCKS 5"), ([[5, 0xff]], "wants a user name"),
        ([[5, 0], [5, 0, 0, 9, 0]], "unknown type 9"),
    ]

    @Test(arguments: violations, [false, true])
    func `a proxy that breaks the rules is told as such`(_ answer: ([[UInt8]], String), isFragmented: Bool) async throws
    {
        try await withEventLoops { loops in
            let error = try await Self.failure(.init(answers: answer.0, isFragmented: isFragmented), loops)
            #expect(error.code == .proxyUnavailable)
            #expect(error.reason.contains(answer.1), "\(error)")
        }
    }

    @Test(arguments: [[[5]], [[5, 0], [5, 0, 0]]] as [[[UInt8]]])
    func `a proxy that hangs up ends the attempt at once`(_ answers: [[UInt8]]) async throws {
        try await withEventLoops { loops in
            let error = try await Self.failure(.init(answers: answers, closes: true), loops)
            #expect(error.reason.contains("closed the connection") || error.reason.contains("broke"), "\(error)")
            #expect(error.code == (answers.count < 2 ? .proxyUnavailable : .failed))
        }
    }

    @Test(arguments: [[], [[5, 0]], [[5, 0], [5, 0, 0]]] as [[[UInt8]]])
    func `a proxy that never answers is given up in time`(_ answers: [[UInt8]]) async throws {
        try await withEventLoops { loops in
            let proxy = try await ScriptedProxy.start(on: loops, .init(answers: answers, hangs: true))
            let error = try await #require(throws: TransportError.self) {
                _ = try await Self.transport(proxy.address).dial(
                    Multiaddr(Self.onion), on: loops.next(), timeout: .milliseconds(100))
            }
            // On a busy machine the time may be over before the proxy was asked.
            if answers.isEmpty { #expect(error.code == .proxyUnavailable) }
            if proxy.messages.count == 2 { #expect(error.code == .timedOut) }
            #expect([.proxyUnavailable, .timedOut].contains(error.code))
            await proxy.close()
        }
    }

    @Test func `a proxy that is not there is told apart from a peer that is not`() async throws {
        try await withEventLoops { loops in
            let transport = Self.transport(SocketAddress(.v4(.loopback), port: 1))
            let error = try await #require(throws: TransportError.self) {
                _ = try await transport.dial(Multiaddr(Self.onion), on: loops.next(), timeout: Self.patience)
            }
            #expect(error.code == .proxyUnavailable)
            #expect(error.reason.hasPrefix("the SOCKS proxy 127.0.0.1:1 cannot be reached: "))
        }
    }

    @Test func `a proxy that is not there does not make its addresses wait when it comes`() async throws {
        try await withEventLoops { loops in
            let swarm = try await Swarm(
                identity: .generate(), transports: [Self.transport(SocketAddress(.v4(.loopback), port: 1))],
                loops: loops)
            let peer = try PrivateKey.generate().peerID
            let addresses = try [Self.onion, "/ip4/1.2.3.4/tcp/1"].map { try Multiaddr($0) }
            swarm.addAddresses(addresses, of: peer)
            for _ in 0..<2 {
                let error = try await #require(throws: DialError.self) { try await swarm.connect(to: peer) }
                #expect(error.attempts.map(\.kind) == [.proxyUnavailable, .proxyUnavailable])
                #expect("\(error)".contains("the SOCKS proxy 127.0.0.1:1 cannot be reached: "))
            }
            await swarm.close()
        }
    }

    @Test(arguments: ["/dnsaddr/example.org", "/ip6zone/lo/ip6/fe80::1/tcp/1", "/ip4/192.0.2.1/tcp/0"])
    func `an address that a proxy cannot reach is refused before anyone is asked`(_ address: String) async throws {
        try await withEventLoops { loops in
            let proxy = try await ScriptedProxy.start(on: loops)
            let error = try await #require(throws: TransportError.self) {
                _ = try await Self.transport(proxy.address).dial(
                    Multiaddr(address), on: loops.next(), timeout: Self.patience)
            }
            #expect(error.code == .unsupportedAddress)
            #expect(proxy.messages == [])
            await proxy.close()
        }
    }

    @Test func `a dial that is cancelled ends`() async throws {
        try await withEventLoops { loops in
            let proxy = try await ScriptedProxy.start(on: loops, .init(answers: []))
            let transport = Self.transport(proxy.address)
            let dial = Task {
                try await transport.dial(Multiaddr(Self.onion), on: loops.next(), timeout: Self.patience)
            }
            while proxy.messages.isEmpty { await Task.yield() }
            dial.cancel()
            await #expect(throws: CancellationError.self) { _ = try await dial.value }
            await proxy.close()
        }
    }

    // MARK: Whole nodes

    /// The name server, where one is asked, is a socket that counts.
    @Test(arguments: [onion, "/dns4/example.org/tcp/4001", "/ip4/192.0.2.1/tcp/4001"], [nil, UInt8(7)])
    func `a node reaches a peer through the proxy, asks no name server and dials nobody else`(
        _ address: String, _ network: UInt8?
    ) async throws {
        try await withEventLoops { loops in
            let key = try network.map { try #require(PrivateNetworkKey(Bytes([UInt8](repeating: $0, count: 32)))) }
            let peer = try await ConnectionPair.Side(loops) { $0.privateNetwork = key }
            let upgrader = peer.upgrader
            let proxy = try await ScriptedProxy.start(on: loops) { link in
                upgrader.upgrade(link, direction: .inbound, expectedPeer: nil) { _ in }
            }
            let names = try SilentServer()
            defer { names.close() }
            var configuration = SwarmConfiguration()
            configuration.nameServers = ["127.0.0.1:\(names.port)"]
            configuration.privateNetwork = key
            let direct = RefusingTransport()
            let swarm = try await Swarm(
                identity: .generate(), transports: [Self.transport(proxy.address), direct], loops: loops,
                configuration: configuration)
            let connection = try await swarm.connect(to: Multiaddr(address).appending(peer.peer))
            #expect(connection.remotePeer == peer.peer)
            #expect(connection.remoteAddress == (try Multiaddr(address)))
            #expect(connection.route == .proxied)
            #expect(direct.dials.withLock { $0 } == 0)
            #expect(!names.wasAsked)
            await swarm.close()
            await proxy.close()
        }
    }

    @Test func `a dnsaddr is not looked up where everything goes through the proxy`() async throws {
        try await withEventLoops { loops in
            let names = try SilentServer()
            defer { names.close() }
            var configuration = SwarmConfiguration()
            configuration.nameServers = ["127.0.0.1:\(names.port)"]
            let swarm = try await Swarm(
                identity: .generate(), transports: [Self.transport(SocketAddress(.v4(.loopback), port: 1))],
                loops: loops, configuration: configuration)
            let error = try await #require(throws: DialError.self) {
                _ = try await swarm.connect(
                    to: Multiaddr("/dnsaddr/example.org").appending(try PrivateKey.generate().peerID))
            }
            #expect(error.attempts.map(\.kind) == [.unsupportedAddress])
            #expect(!names.wasAsked)
            await swarm.close()
        }
    }
}

/// A transport for every address, which only counts.
private final class RefusingTransport: Transport {
    let dials = Locked(0)

    func canDial(_ address: Multiaddr) -> Bool { true }
    func canListen(on address: Multiaddr) -> Bool { false }

    func dial(_ address: Multiaddr, on loop: EventLoop, timeout: Duration) async throws -> RawLink {
        self.dials.withLock { $0 += 1 }
        throw TransportError(.failed, "nobody is dialled here")
    }

    func listen(
        on address: Multiaddr, loops: EventLoopGroup, accept: @escaping @Sendable (RawLink) -> Void
    ) async throws -> any TransportListener {
        throw TransportError(.unsupportedAddress, "nobody is listened for here")
    }
}
