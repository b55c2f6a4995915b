import Bytes
import EventLoop
import Multiformats
import PeerIdentity
import Swarm
import Testing
import Transport

/// Addresses that a dial leaves alone, or lets wait.
@Suite(.timeLimit(.minutes(1))) struct SwarmDialPolicyTests {
    @Test func `a dial whose addresses all failed lately fails at once, and says until when and why`() async throws {
        try await SwarmDialBench.with { bench in
            let target = try PrivateKey.generate().peerID
            let addresses = try SwarmDialBench.addresses(1...3)
            _ = await bench.failure(of: target, at: addresses)
            #expect(bench.transport.record.begun.count == 3)
            let error = try await #require(throws: DialError.self) { try await bench.swarm.connect(to: target) }
            #expect(bench.transport.record.begun.count == 3)
            #expect(Set(error.attempts.map(\.address)) == Set(addresses))
            for attempt in error.attempts {
                guard case .backOff(let rest) = attempt.kind else {
                    Issue.record("\(attempt.kind)")
                    continue
                }
                #expect(rest > .zero && rest <= .seconds(5))
                #expect(attempt.duration == .zero)
                #expect(attempt.cause.hasPrefix("not dialled for another "))
                #expect(attempt.cause.contains("connect to \(attempt.address): refused"))
                #expect("\(error)".contains("\(attempt.address): \(attempt.cause) (0 ms)"))
            }
        }
    }

    @Test func `an address that is named in the call is tried all the same`() async throws {
        try await SwarmDialBench.with { bench in
            let peer = try await bench.peer()
            let target = peer.swarm.localPeer
            let addresses = try SwarmDialBench.addresses(1...2)
            _ = await bench.failure(of: target, at: addresses)
            bench.transport.set(.reach(peer.place), for: addresses[1])
            await #expect(throws: DialError.self) { try await bench.swarm.connect(to: target) }
            let connection = try await bench.swarm.connect(to: addresses[1].appending(target))
            #expect(connection.remotePeer == target)
            #expect(bench.transport.record.begun.count == 3)
        }
    }

    @Test func `an address that led to the peer is not left alone`() async throws {
        try await SwarmDialBench.with { bench in
            let peer = try await bench.peer()
            let target = peer.swarm.localPeer
            let address = try SwarmDialBench.address(1)
            _ = await bench.failure(of: target, at: [address])
            bench.transport.set(.reach(peer.place), for: address)
            try await bench.swarm.connect(to: address.appending(target)).close(gracePeriod: .zero)
            #expect(try await bench.swarm.connect(to: target).remotePeer == target)
        }
    }

    @Test func `what this node lacks is no failure of an address`() async throws {
        try await SwarmDialBench.with { bench in
            let target = try PrivateKey.generate().peerID
            let addresses = [
                try SwarmDialBench.address(1), try Multiaddr("/ip4/192.0.2.2/udp/1/quic-v1"),
                try SwarmDialBench.address(3),
            ]
            bench.transport.set(.fail(.outOfResources), for: addresses[0])
            bench.transport.set(.fail(.proxyUnavailable), for: addresses[2])
            for _ in 0..<2 {
                let error = await bench.failure(of: target, at: addresses)
                #expect(Set(error?.attempts.map(\.kind) ?? []) == [.failed, .unsupportedAddress, .proxyUnavailable])
            }
        }
    }

    @Test func `private addresses that others told of are not dialled for a public peer, and the program's are`()
        async throws
    {
        try await SwarmDialBench.with { bench in
            let target = try PrivateKey.generate().peerID
            let heard = try ["/ip4/127.0.0.1/tcp/1", "/ip4/10.255.255.1/tcp/1", "/ip4/1.2.3.4/tcp/1"].map {
                try Multiaddr($0)
            }
            let own = try Multiaddr("/ip4/127.0.0.1/tcp/2")
            bench.swarm.addAddresses(heard + [own], of: target, as: .told)
            let error = try #require(await bench.failure(of: target, at: [own]))
            let kinds = Dictionary(uniqueKeysWithValues: error.attempts.map { ($0.address, $0.kind) })
            #expect(kinds == [heard[0]: .filtered, heard[1]: .filtered, heard[2]: .refused, own: .refused])
            #expect(Set(bench.transport.record.begun) == [heard[2], own])
            #expect("\(error)".contains("\(heard[0]): not dialled: it is an address of this machine"))
            // Whoever names it wants it.
            await #expect(throws: DialError.self) { try await bench.swarm.connect(to: heard[0].appending(target)) }
            #expect(bench.transport.record.begun.contains(heard[0]))
        }
    }

    @Test func `a peer without public addresses is looked for at private ones`() async throws {
        try await SwarmDialBench.with { bench in
            let target = try PrivateKey.generate().peerID
            let address = try Multiaddr("/ip4/10.255.255.1/tcp/1")
            bench.swarm.addAddresses([address], of: target, as: .told)
            await #expect(throws: DialError.self) { try await bench.swarm.connect(to: target) }
            #expect(bench.transport.record.begun == [address])
        }
    }

    @Test func `where nobody answers over IPv6, its addresses are left alone, but for who names one`() async throws {
        try await SwarmDialBench.with { bench in
            let target = try PrivateKey.generate().peerID
            func address(_ number: Int) throws -> Multiaddr { try Multiaddr("/ip6/2600::\(number)/tcp/1") }
            for start in stride(from: 1, through: 96, by: 50) {
                let addresses = try (start..<start + 50).map { try address($0) }
                for address in addresses { bench.transport.set(.fail(.timedOut), for: address) }
                _ = await bench.failure(of: PeerID(try PrivateKey.generate().publicKey), at: addresses)
            }
            #expect(bench.transport.record.begun.count == 100)
            let fresh = try address(500)
            let error = await bench.failure(of: target, at: [fresh, try SwarmDialBench.address(1)])
            #expect(Set(error?.attempts.map(\.kind) ?? []) == [.blackHole, .refused])
            #expect(!bench.transport.record.begun.contains(fresh))
            await #expect(throws: DialError.self) { try await bench.swarm.connect(to: fresh.appending(target)) }
            #expect(bench.transport.record.begun.contains(fresh))
        }
    }

    @Test func `a slow address does not keep the next from being tried`() async throws {
        try await SwarmDialBench.with { bench in
            let peer = try await bench.peer()
            let (slow, good) = (try Multiaddr("/ip4/1.2.3.4/tcp/1"), try Multiaddr("/ip4/1.2.3.5/tcp/1"))
            bench.transport.set(.stall, for: slow)
            bench.transport.set(.reach(peer.place), for: good)
            bench.swarm.addAddresses([slow, good], of: peer.swarm.localPeer)
            let start = EventLoop.monotonicNow()
            let connection = try await bench.swarm.connect(to: peer.swarm.localPeer)
            #expect(connection.remotePeer == peer.swarm.localPeer)
            #expect(EventLoop.monotonicNow() - start >= .milliseconds(250))
            #expect(bench.transport.record.begun == [slow, good])
        }
    }

    @Test func `more addresses than may wait are not dialled, with that cause`() async throws {
        var configuration = SwarmConfiguration()
        configuration.dialLimits.perPort = 1
        configuration.dialLimits.waiting = 1
        try await SwarmDialBench.with(configuration) { bench in
            let address = try SwarmDialBench.address(1)
            bench.transport.set(.stall, for: address)
            try await withThrowingTaskGroup(of: Void.self) { group in
                for _ in 0..<3 {
                    let peer = try PrivateKey.generate().peerID
                    bench.swarm.addAddresses([address], of: peer)
                    group.addTask { _ = try await bench.swarm.connect(to: peer) }
                }
                let error = try await #require(throws: DialError.self) { try await group.next() }
                #expect(error.attempts.map(\.kind) == [.tooManyDials])
                #expect(bench.transport.record.begun == [address])
                group.cancelAll()
            }
        }
    }

    /// Harness case 47: one target that does not answer, a thousand times.
    @Test func `a thousand dials of an address that is silent do not hold up another`() async throws {
        try await SwarmDialBench.with { bench in
            let peer = try await bench.peer()
            let (silent, good) = (try SwarmDialBench.address(1), try SwarmDialBench.address(2))
            bench.transport.set(.stall, for: silent)
            bench.transport.set(.reach(peer.place), for: good)
            bench.swarm.addAddresses([good], of: peer.swarm.localPeer)
            let key = try PrivateKey.generate()
            try await withThrowingTaskGroup(of: Void.self) { group in
                for number in 0..<1_000 {
                    let peer = try Self.peer(number, like: key.peerID)
                    bench.swarm.addAddresses([silent], of: peer)
                    group.addTask { _ = try await bench.swarm.connect(to: peer) }
                }
                try await bench.transport.wait { $0.underWay == 8 }
                #expect(try await bench.swarm.connect(to: peer.swarm.localPeer).remotePeer == peer.swarm.localPeer)
                #expect(bench.transport.record.mostAtOnce <= 9)
                group.cancelAll()
            }
            try await bench.transport.wait { $0.underWay == 0 }
        }
    }

    /// A made-up peer: to generate as many keys would take the most time.
    static func peer(_ number: Int, like peer: PeerID) throws -> PeerID {
        var bytes = Array(peer.bytes)
        bytes[bytes.count - 1] = UInt8(truncatingIfNeeded: number)
        bytes[bytes.count - 2] = UInt8(truncatingIfNeeded: number >> 8)
        return try PeerID(bytes: Bytes(bytes))
    }
}
