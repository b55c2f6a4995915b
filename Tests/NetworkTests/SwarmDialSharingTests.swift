import Bytes
import EventLoop
import Multiformats
import PeerIdentity
import Swarm
import Testing
import Transport

/// Several callers that want the same peer at the same time.
@Suite(.timeLimit(.minutes(1))) struct SwarmDialSharingTests {
    @Test func `they share one dial, and get the same connection`() async throws {
        try await SwarmDialBench.with { bench in
            let peer = try await bench.peer()
            let address = try SwarmDialBench.address(1)
            bench.transport.set(.hold(then: .reach(peer.place)), for: address)
            bench.swarm.addAddresses([address], of: peer.swarm.localPeer)
            let connections = try await withThrowingTaskGroup(of: Connection.self) { group in
                for _ in 0..<10 { group.addTask { try await bench.swarm.connect(to: peer.swarm.localPeer) } }
                try await bench.transport.waitForDial(of: address)
                bench.transport.release(address)
                return try await group.reduce(into: []) { $0.append($1) }
            }
            #expect(connections.count == 10)
            #expect(Set(connections).count == 1)
            #expect(bench.swarm.connections.count == 1)
            #expect(bench.transport.record.begun == [address])
        }
    }

    @Test func `one that gives up does not end the dial of the others`() async throws {
        try await SwarmDialBench.with { bench in
            let peer = try await bench.peer()
            let target = peer.swarm.localPeer
            let address = try SwarmDialBench.address(1)
            bench.transport.set(.hold(then: .reach(peer.place)), for: address)
            bench.swarm.addAddresses([address], of: target)
            async let patient = bench.swarm.connect(to: target)
            try await bench.transport.waitForDial(of: address)
            let error = await #expect(throws: DialError.self) {
                try await bench.swarm.connect(to: target, timeout: .milliseconds(5))
            }
            #expect(error?.attempts.map(\.address) == [address])
            await withThrowingTaskGroup(of: Connection.self) { group in
                group.addTask { try await bench.swarm.connect(to: target) }
                group.cancelAll()
                await #expect(throws: CancellationError.self) { try await group.next() }
            }
            bench.transport.release(address)
            #expect(try await patient.remotePeer == target)
            #expect(bench.transport.record.begun == [address])
        }
    }

    @Test func `the dial ends with the last of them, and whoever comes then begins anew`() async throws {
        try await SwarmDialBench.with { bench in
            let peer = try await bench.peer()
            let target = peer.swarm.localPeer
            let address = try SwarmDialBench.address(1)
            bench.transport.set(.stall, for: address)
            bench.swarm.addAddresses([address], of: target)
            try await withThrowingTaskGroup(of: Connection.self) { group in
                for _ in 0..<2 { group.addTask { try await bench.swarm.connect(to: target) } }
                try await bench.transport.waitForDial(of: address)
                group.cancelAll()
            }
            try await bench.transport.wait { $0.givenUp == [address] }
            bench.transport.set(.reach(peer.place), for: address)
            #expect(try await bench.swarm.connect(to: target).remotePeer == target)
        }
    }

    // MARK: Addresses that come later

    @Test func `an address that a later caller brings is tried by the dial under way`() async throws {
        try await SwarmDialBench.with { bench in
            let peer = try await bench.peer()
            let (stalled, good) = (try SwarmDialBench.address(1), try SwarmDialBench.address(2))
            bench.transport.set(.stall, for: stalled)
            bench.transport.set(.reach(peer.place), for: good)
            async let first = bench.swarm.connect(to: stalled.appending(peer.swarm.localPeer))
            try await bench.transport.waitForDial(of: stalled)
            let second = try await bench.swarm.connect(to: good.appending(peer.swarm.localPeer))
            #expect(try await first == second)
            #expect(bench.swarm.connections == [second])
            #expect(bench.transport.record.begun == [stalled, good])
        }
    }

    @Test func `an address that is noted is tried by the dial under way, once`() async throws {
        try await SwarmDialBench.with { bench in
            let target = try PrivateKey.generate().peerID
            let (held, late) = (try SwarmDialBench.address(1), try SwarmDialBench.address(2))
            bench.transport.set(.hold(then: .fail(.refused)), for: held)
            bench.transport.set(.hold(then: .fail(.unreachable)), for: late)
            async let failure = bench.failure(of: target, at: [held])
            try await bench.transport.waitForDial(of: held)
            bench.swarm.addAddresses([held, late, try late.appending(target)], of: target)
            try await bench.transport.waitForDial(of: late)
            bench.transport.release(held)
            bench.swarm.addAddresses([late], of: target)
            bench.transport.release(late)
            let error = try #require(await failure)
            #expect(Set(error.attempts.map(\.kind)) == [.refused, .unreachable])
            #expect(error.attempts.count == 2)
            #expect(bench.transport.record.begun == [held, late])
        }
    }

    @Test func `an address that comes has its turn before those that wait`() async throws {
        var configuration = SwarmConfiguration()
        configuration.concurrentDials = 1
        try await SwarmDialBench.with(configuration) { bench in
            let peer = try await bench.peer()
            let addresses = try SwarmDialBench.addresses(1...20)
            let good = try SwarmDialBench.address(100)
            for address in addresses { bench.transport.set(.hold(then: .fail(.refused)), for: address) }
            bench.transport.set(.reach(peer.place), for: good)
            bench.swarm.addAddresses(addresses, of: peer.swarm.localPeer)
            async let dialled = bench.swarm.connect(to: peer.swarm.localPeer)
            try await bench.transport.waitForDial(of: addresses[0])
            bench.swarm.addAddresses([good], of: peer.swarm.localPeer)
            bench.transport.release(addresses[0])
            _ = try await dialled
            #expect(bench.transport.record.begun == [addresses[0], good])
        }
    }

    // MARK: Both sides

    @Test func `two peers that dial each other at once keep both connections, and new streams use the older`()
        async throws
    {
        try await SwarmDialBench.with { bench in
            let here = try SwarmDialBench.address(1)
            let otherTransport = bench.newTransport()
            let other = try await bench.peer(otherTransport)
            let place = try await bench.swarm.listen(on: Multiaddr("/memory/0"))
            bench.transport.set(.hold(then: .reach(other.place)), for: here)
            otherTransport.set(.hold(then: .reach(place)), for: here)
            let events = bench.swarm.subscribe()
            async let dialled = bench.swarm.connect(to: here.appending(other.swarm.localPeer))
            async let dialledBack = other.swarm.connect(to: here.appending(bench.swarm.localPeer))
            try await bench.transport.waitForDial(of: here)
            try await otherTransport.waitForDial(of: here)
            bench.transport.release(here)
            otherTransport.release(here)
            _ = try await (dialled, dialledBack)
            var connected: [Connection] = []
            for await event in events {
                guard case .connected(let connection) = event else { continue }
                connected.append(connection)
                if connected.count == 2 { break }
            }
            #expect(Set(connected.map(\.direction)) == [.inbound, .outbound])
            let standing = bench.swarm.connections(to: other.swarm.localPeer)
            #expect(Set(standing) == Set(connected))
            other.swarm.handle("/echo/1.0.0") { _ in }
            let stream = try await bench.swarm.openStream(to: other.swarm.localPeer, ["/echo/1.0.0"])
            #expect(stream.connection == standing.first)
            #expect(standing.allSatisfy { $0.closeReason == nil })
        }
    }
}
