import Bytes
import EventLoop
import Foundation
import Multiformats
import Synchronization
import TCPTransport
import Testing
import Transport

#if canImport(Glibc)
    import Glibc
#endif

/// What TCP alone has: options of sockets, and what happens where the system runs short.
@Suite(.timeLimit(.minutes(1))) struct TCPTransportTests {
    @Test func `both ends of a connection have the options of the configuration`() async throws {
        try await TransportFixture.with(.tcpOverIPv4) { fixture in
            let listener = try await fixture.listen()
            let link = try await fixture.connect(to: listener)
            for link in [link.dialled, link.accepted] {
                let descriptor = try #require(link.takeDescriptor())
                defer { Socket(descriptor: descriptor).close() }
                let tcp = Int32(IPPROTO_TCP)
                #expect(Self.option(descriptor, tcp, TCP_NODELAY) == 1)
                #expect(Self.option(descriptor, tcp, TCP_NOTSENT_LOWAT) == 128 * 1024)
                #expect(Self.option(descriptor, tcp, TCP_USER_TIMEOUT) == 120_000)
                #expect(Self.option(descriptor, SOL_SOCKET, SO_KEEPALIVE) == 1)
                #expect(Self.option(descriptor, tcp, TCP_KEEPIDLE) == 60)
                #expect(Self.option(descriptor, tcp, TCP_KEEPINTVL) == 15)
                #expect(Self.option(descriptor, tcp, TCP_KEEPCNT) == 4)
                #expect(fcntl(descriptor, F_GETFL) & O_NONBLOCK != 0)
                #expect(fcntl(descriptor, F_GETFD) & FD_CLOEXEC != 0)
            }
            await listener.close()
        }
    }

    private static func option(_ descriptor: Int32, _ level: Int32, _ name: Int32) -> Int32 {
        var value: Int32 = -1
        var length = socklen_t(MemoryLayout<Int32>.size)
        getsockopt(descriptor, level, name, &value, &length)
        return value
    }

    @Test func `an IPv4 address in the form of IPv6 is dialled as what it is`() async throws {
        try await TransportFixture.with(.tcpOverIPv4) { fixture in
            let listener = try await fixture.listen()
            let port = try #require(listener.address.tcpPort)
            let link = try await fixture.dial(Multiaddr("/ip6/::ffff:127.0.0.1/tcp/\(port)"))
            #expect(link.remoteAddress == listener.address)
            await listener.close()
        }
    }

    @Test func `an address that is not this host's is not listened on`() async throws {
        try await TransportFixture.with(.tcpOverIPv4) { fixture in
            // TEST-NET-2 (RFC 5737) belongs to nobody.
            let foreign = try Multiaddr("/ip4/198.51.100.1/tcp/4001")
            let error = try await fixture.error { try await fixture.listen(on: foreign) }
            #expect(error.code == .addressNotAvailable)
            #expect(error.reason == "listen on 198.51.100.1:4001: address not available")
        }
    }

    @Test func `the zone of a link-local address is the scope of its socket`() throws {
        let interface = try #require(NetworkInterface.all.first)
        let index = try #require(NetworkInterface.index(named: interface.name))
        let address = try Multiaddr("/ip6zone/\(interface.name)/ip6/fe80::1/tcp/4001")
        let socket = try address.tcpSocketAddress()
        #expect(socket.scope == index)
        #expect("\(socket)" == "[fe80::1%\(index)]:4001")
        #expect(Multiaddr(tcp: socket) == address)
    }

    @Test func `a dial on a loop that has ended fails`() async throws {
        try await TransportFixture.with(.tcpOverIPv4) { fixture in
            let listener = try await fixture.listen()
            let loop = EventLoop(index: 9)
            await loop.stop()
            let error = try await fixture.error {
                try await fixture.dialling.dial(listener.address, on: loop, timeout: .seconds(600))
            }
            #expect(error.code == .failed)
            await listener.close()
        }
    }

    @Test func `a dial that waits when its loop ends fails`() async throws {
        try await TransportFixture.with(.tcpOverIPv4) { fixture in
            let blackHole = try BlackHole(.tcpOverIPv4)
            defer { blackHole.close() }
            let loop = EventLoop(index: 9)
            await withThrowingTaskGroup(of: RawLink.self) { group in
                group.addTask(executorPreference: loop.taskExecutor) {
                    try await fixture.dialling.dial(blackHole.address, on: loop, timeout: .seconds(600))
                }
                for _ in 0..<3 { await loop.perform {} }
                await loop.stop()
                await #expect(throws: TransportError(.failed, "")) { _ = try await group.next() }
            }
        }
    }

    @Test func `a connection within the machine is not paced`() async throws {
        try await TransportFixture.with(.tcpOverIPv4) { fixture in
            let link = try await fixture.connect(to: fixture.listen())
            for end in [link.dialled, link.accepted] {
                let descriptor = try #require(end.takeDescriptor())
                defer { close(descriptor) }
                var name = [UInt8](repeating: 0, count: 16)
                var length = socklen_t(name.count)
                #expect(getsockopt(descriptor, Int32(IPPROTO_TCP), TCP_CONGESTION, &name, &length) == 0)
                #expect(String(decoding: name.prefix { $0 != 0 }, as: UTF8.self) == "reno")
            }
        }
    }

    @Test func `the last descriptors are not for connections, and the loop does not spin`() async throws {
        await #expect(processExitsWith: .success) {
            try await TransportFixture.with(.tcpOverIPv4, loopCount: 1) { fixture in
                let loop = fixture.loops.next()
                let accepted = Atomic(0)
                let listener = try await fixture.listening.listen(
                    on: Multiaddr("/ip4/127.0.0.1/tcp/0"), loops: fixture.loops
                ) { _ in accepted.add(1, ordering: .relaxed) }
                let place = try listener.address.tcpSocketAddress()
                let sockets = try [Socket.stream(.ipv4), Socket.stream(.ipv4)]
                // The system gives the lowest free number, which is within the reserve then. The runtime opens a file of
                // its own now and then: numbers that it frees are taken, or they would be lower.
                let former = Self.openFileLimit
                for _ in 0..<16 { _ = dup(0) }
                let free = dup(0)
                close(free)
                Self.openFileLimit = rlim_t(Int(free) + OpenFileLimit.reserve)

                var ends: [LinkEnd] = []
                let start = EventLoop.monotonicNow()
                for socket in sockets {
                    Self.takeDescriptors(below: free)
                    _ = try socket.connect(to: place)
                    let link = RawLink(
                        descriptor: socket.descriptor, loop: loop, localAddress: listener.address,
                        remoteAddress: listener.address)
                    let end = try await LinkEnd(link)
                    #expect(try await end.read(1) == [])
                    // To close it now would make room for the next one.
                    ends.append(end)
                }
                // The second had to wait in the queue of the system until the listener looked again.
                #expect(EventLoop.monotonicNow() - start >= .milliseconds(100))
                Self.takeDescriptors(below: free)
                let error = try await fixture.error { try await fixture.dial(listener.address) }
                #expect(error == TransportError(.outOfResources, ""))
                #expect(error.reason == "open a socket: too many open files")

                Self.openFileLimit = former
                #expect(accepted.load(ordering: .relaxed) == 0)
                ends.append(try await LinkEnd(fixture.dial(listener.address)))
                #expect(try await ends[2].read(1) == [])
                #expect(accepted.load(ordering: .relaxed) == 1)
                for end in ends { await end.close() }
                await listener.close()
            }
        }
    }

    /// Leaves no number below `end` free: a file of the runtime's that was open all the time may have been closed since.
    private static func takeDescriptors(below end: Int32) {
        var next = dup(0)
        while next >= 0, next < end { next = dup(0) }
        close(next)
    }

    private static var openFileLimit: rlim_t {
        get {
            var limit = rlimit()
            getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
            return limit.rlim_cur
        }
        set {
            var limit = rlimit()
            getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
            limit.rlim_cur = newValue
            setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
        }
    }
}
