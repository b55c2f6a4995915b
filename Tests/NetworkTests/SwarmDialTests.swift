import Bytes
import EventLoop
import Multiformats
import PeerIdentity
import Swarm
import Testing
import Transport

/// One dial of a peer at several addresses.
@Suite(.timeLimit(.minutes(1))) struct SwarmDialTests {
    private static let good = 100

    @Test func `a dial that fails tells every address with its own cause`() async throws {
        try await SwarmDialBench.with { bench in
            let stranger = try await bench.peer()
            let target = try PrivateKey.generate().peerID
            let addresses = try SwarmDialBench.addresses(1...6) + [Multiaddr("/ip4/192.0.2.7/udp/4001/quic-v1")]
            let script = bench.transport
            script.set(.fail(.refused), for: addresses[0])
            script.set(.fail(.unreachable), for: addresses[1])
            script.set(.fail(.timedOut), for: addresses[2])
            script.set(.reach(stranger.place), for: addresses[3])
            let greeting = "\u{13}/multistream/1.0.0\n"
            script.set(.meet("\(greeting)\u{3}na\n"), for: addresses[4])
            script.set(.meet("\(greeting)\u{7}/noise\n\u{0}\u{5}hello"), for: addresses[5])
            bench.swarm.addAddresses(addresses, of: target)
            let error = try await #require(throws: DialError.self) { try await bench.swarm.connect(to: target) }
            #expect(error.peer == target)
            #expect(error.reason == nil)
            let kinds = Dictionary(error.attempts.map { ($0.address, $0.kind) }) { first, _ in first }
            #expect(error.attempts.count == 7)
            #expect(kinds[addresses[0]] == .refused)
            #expect(kinds[addresses[1]] == .unreachable)
            #expect(kinds[addresses[2]] == .timedOut)
            #expect(kinds[addresses[3]] == .wrongPeer(stranger.swarm.localPeer))
            #expect(kinds[addresses[4]] == .noCommonProtocol)
            #expect(kinds[addresses[5]] == .handshakeFailed)
            #expect(kinds[addresses[6]] == .unsupportedAddress)
            for attempt in error.attempts { #expect("\(error)".contains("\(attempt.address): \(attempt.cause) (")) }
        }
    }

    @Test func `another peer at an address is named, and is no connection`() async throws {
        try await SwarmDialBench.with { bench in
            let stranger = try await bench.peer()
            let address = try SwarmDialBench.address(1)
            bench.transport.set(.reach(stranger.place), for: address)
            let target = try PrivateKey.generate().peerID
            let error = try await #require(throws: DialError.self) {
                try await bench.swarm.connect(to: address.appending(target))
            }
            #expect(error.attempts.map(\.kind) == [.wrongPeer(stranger.swarm.localPeer)])
            #expect(error.attempts.map(\.address) == [address])
            #expect(bench.swarm.connections.isEmpty)
        }
    }

    @Test func `an address that names another peer is none of the peer's`() async throws {
        try await SwarmDialBench.with { bench in
            let (target, other) = try (PrivateKey.generate().peerID, PrivateKey.generate().peerID)
            let address = try SwarmDialBench.address(1)
            bench.swarm.addAddresses([try address.appending(other)], of: target)
            #expect(bench.swarm.addresses(of: target) == [])
            let error = try await #require(throws: DialError.self) { try await bench.swarm.connect(to: target) }
            #expect(error.reason == "no address of the peer is known")
            #expect(bench.transport.record.begun == [])
        }
    }

    @Test func `the address that leads to the peer wins, and the others are given up`() async throws {
        try await SwarmDialBench.with { bench in
            let peer = try await bench.peer()
            let (stalled, good) = (try SwarmDialBench.addresses(1...4), try SwarmDialBench.address(Self.good))
            for address in stalled { bench.transport.set(.stall, for: address) }
            bench.transport.set(.hold(then: .reach(peer.place)), for: good)
            bench.swarm.addAddresses(stalled + [good], of: peer.swarm.localPeer)
            async let dialled = bench.swarm.connect(to: peer.swarm.localPeer)
            try await bench.transport.wait { $0.underWay == 5 }
            bench.transport.release(good)
            let connection = try await dialled
            #expect(connection.remotePeer == peer.swarm.localPeer)
            #expect(bench.swarm.connections == [connection])
            try await bench.transport.wait { $0.underWay == 0 }
            #expect(Set(bench.transport.record.givenUp) == Set(stalled))
        }
    }

    @Test func `of two addresses that lead to the peer at once, one is a connection`() async throws {
        try await SwarmDialBench.with { bench in
            let peer = try await bench.peer()
            let addresses = try SwarmDialBench.addresses(1...2)
            for address in addresses { bench.transport.set(.hold(then: .reach(peer.place)), for: address) }
            let events = bench.swarm.subscribe()
            bench.swarm.addAddresses(addresses, of: peer.swarm.localPeer)
            async let dialled = bench.swarm.connect(to: peer.swarm.localPeer)
            try await bench.transport.wait { $0.underWay == 2 }
            for address in addresses { bench.transport.release(address) }
            let connection = try await dialled
            await bench.swarm.close()
            var connected: [Connection] = []
            for await event in events {
                if case .connected(let connection) = event { connected.append(connection) }
            }
            #expect(connected == [connection])
        }
    }

    @Test func `at most so many addresses are tried at once, and the next as soon as one has failed`() async throws {
        var configuration = SwarmConfiguration()
        configuration.concurrentDials = 3
        try await SwarmDialBench.with(configuration) { bench in
            let target = try PrivateKey.generate().peerID
            let addresses = try SwarmDialBench.addresses(1...10)
            for address in addresses { bench.transport.set(.hold(then: .fail(.refused)), for: address) }
            async let failure = bench.failure(of: target, at: addresses)
            for (index, address) in addresses.enumerated() {
                try await bench.transport.wait { $0.begun.count == min(index + 3, 10) }
                bench.transport.release(address)
            }
            let error = await failure
            #expect(Set(error?.attempts.map(\.address) ?? []) == Set(addresses))
            #expect(Set(bench.transport.record.begun) == Set(addresses))
            #expect(bench.transport.record.mostAtOnce == 3)
        }
    }

    @Test func `at most so many addresses are tried at all`() async throws {
        var configuration = SwarmConfiguration()
        configuration.dialledAddresses = 5
        try await SwarmDialBench.with(configuration) { bench in
            let target = try PrivateKey.generate().peerID
            let addresses = try SwarmDialBench.addresses(1...20)
            bench.swarm.addAddresses(addresses, of: target)
            let error = await #expect(throws: DialError.self) { try await bench.swarm.connect(to: target) }
            #expect(Set(error?.attempts.map(\.address) ?? []) == Set(addresses[..<5]))
            #expect(bench.transport.record.begun.count == 5)
        }
    }

    @Test func `a dial as a whole has a bound, and its error tells how far each address came`() async throws {
        var configuration = SwarmConfiguration()
        configuration.connectTimeout = .milliseconds(20)
        configuration.concurrentDials = 1
        try await SwarmDialBench.with(configuration) { bench in
            let target = try PrivateKey.generate().peerID
            let addresses = try SwarmDialBench.addresses(1...2)
            bench.transport.set(.stall, for: addresses[0])
            bench.swarm.addAddresses(addresses, of: target)
            let error = try await #require(throws: DialError.self) { try await bench.swarm.connect(to: target) }
            #expect(error.reason == "no connection stood within 0.02 seconds")
            #expect(error.attempts.map(\.address) == addresses)
            #expect(error.attempts.map(\.kind) == [.timedOut, .timedOut])
            #expect("\(error)".contains("within 0.02 seconds; \(addresses[0]): "))
        }
    }

    @Test func `whoever is at an address is found within the same bound`() async throws {
        var configuration = SwarmConfiguration()
        configuration.connectTimeout = .milliseconds(20)
        try await SwarmDialBench.with(configuration) { bench in
            let address = try SwarmDialBench.address(1)
            bench.transport.set(.stall, for: address)
            let error = try await #require(throws: DialError.self) {
                try await bench.swarm.connect(toWhoeverIsAt: address)
            }
            #expect(error.peer == nil)
            #expect(error.attempts.map(\.address) == [address])
            #expect(bench.transport.record.underWay == 0)
        }
    }

    @Test func `closing the node ends a dial with that reason`() async throws {
        try await SwarmDialBench.with { bench in
            let address = try SwarmDialBench.address(1)
            let target = try PrivateKey.generate().peerID
            bench.transport.set(.stall, for: address)
            async let failure = bench.failure(of: target, at: [address])
            try await bench.transport.waitForDial(of: address)
            await bench.swarm.close()
            let error = await failure
            #expect(error?.reason == "this node is closing")
        }
    }
}
