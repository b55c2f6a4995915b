import Bytes
import EventLoop
import Multiformats
import PeerIdentity
import Swarm
import Synchronization
import Testing
import Transport

@testable import Identify

@Suite(.timeLimit(.minutes(1))) struct IdentifyPushTests {
    /// Waits until the swarm has said so often that the peer was identified.
    private func waitUntilIdentified(_ times: Int, _ events: AsyncStream<NodeEvent>) async {
        var count = 0
        for await event in events {
            if case .identified = event { count += 1 }
            if count == times { return }
        }
        Issue.record("the swarm ended first")
    }

    private var quick: IdentifyConfiguration {
        var configuration = IdentifyConfiguration()
        configuration.pushDelay = .milliseconds(1)
        return configuration
    }

    @Test func `a protocol that is added is told to connected peers`() async throws {
        try await withSwarmPair { pair in
            let events = pair.dialer.subscribe()
            let services = [
                IdentifyService(swarm: pair.listener, configuration: self.quick), IdentifyService(swarm: pair.dialer),
            ]
            let (dialer, listener) = try await pair.connect()
            #expect(try await !services[1].information(of: dialer).protocols.contains("/new/1"))
            _ = try await services[0].information(of: listener)
            pair.listener.handle("/new/1") { stream in stream.close() }
            await self.waitUntilIdentified(2, events)
            #expect(services[1].information(of: pair.listener.localPeer)?.protocols.contains("/new/1") == true)
            #expect(dialer.remoteProtocols.contains("/new/1"))
        }
    }

    @Test func `changes that come together are told at once`() async throws {
        try await withSwarmPair { pair in
            var configuration = IdentifyConfiguration()
            configuration.pushDelay = .milliseconds(300)
            let service = IdentifyService(swarm: pair.listener, configuration: configuration)
            let pushes = Mutex(0)
            pair.dialer.handle(IdentifyService.protocolID) { stream in
                var message = IdentifyMessage()
                message.protocols = [IdentifyService.pushProtocolID]
                try await stream.write(message.bytes.lengthPrefixed)
            }
            let (pushed, tell) = AsyncStream.makeStream(of: [String].self)
            pair.dialer.handle(IdentifyService.pushProtocolID) { stream in
                pushes.withLock { $0 += 1 }
                var reader = IdentifyMessageReader()
                try await stream.readToEnd(limit: 10_000).withUnsafeBytes { try reader.receive($0) }
                tell.yield(reader.message.protocols)
            }
            let (_, listener) = try await pair.connect()
            _ = try await service.information(of: listener)
            for number in 0..<100 { pair.listener.handle("/new/\(number)") { stream in stream.close() } }
            for await protocols in pushed where protocols.contains("/new/99") { break }
            #expect((1...2).contains(pushes.withLock { $0 }))
        }
    }

    @Test func `a push is sent at once, and only where something changed`() async throws {
        try await withSwarmPair { pair in
            let addresses = Mutex([try Multiaddr("/ip4/1.2.3.4/tcp/1")])
            var configuration = IdentifyConfiguration()
            configuration.pushDelay = .seconds(3_600)
            configuration.addresses = { addresses.withLock { $0 } }
            let events = pair.dialer.subscribe()
            let services = [
                IdentifyService(swarm: pair.listener, configuration: configuration),
                IdentifyService(swarm: pair.dialer),
            ]
            let (dialer, listener) = try await pair.connect()
            let first = try await services[1].information(of: dialer)
            _ = try await services[0].information(of: listener)
            services[0].push()
            let newer = try Multiaddr("/ip4/1.2.3.4/tcp/2")
            addresses.withLock { $0 = [newer] }
            services[0].push()
            await self.waitUntilIdentified(2, events)
            let second = try #require(services[1].information(of: pair.listener.localPeer))
            #expect(second.listenAddresses == [newer])
            #expect(try #require(second.signedRecord).sequence > #require(first.signedRecord).sequence)
        }
    }

    @Test func `a peer that does not want pushes gets none`() async throws {
        try await withSwarmPair { pair in
            let service = IdentifyService(swarm: pair.listener, configuration: self.quick)
            let streams = Mutex(0)
            pair.dialer.handle(IdentifyService.protocolID) { stream in
                try await stream.write(IdentifyMessage().bytes.lengthPrefixed)
            }
            pair.dialer.handle(IdentifyService.pushProtocolID) { _ in streams.withLock { $0 += 1 } }
            let (dialer, listener) = try await pair.connect()
            _ = try await service.information(of: listener)
            pair.listener.handle("/new/1") { stream in stream.close() }
            service.push()
            await service.stop()
            // Streams keep their order: had a push been sent, it would have come before this one.
            pair.dialer.handle("/last/1") { stream in stream.close() }
            _ = try await listener.openStream(["/last/1"]).readToEnd(limit: 0)
            #expect(streams.withLock { $0 } == 0)
            await dialer.close()
        }
    }

    // MARK: Pushes of peers

    private func push(_ message: IdentifyMessage, on connection: Connection) async throws {
        let stream = try await connection.openStream([IdentifyService.pushProtocolID])
        try await stream.write(message.bytes.lengthPrefixed)
        try await stream.closeWrite()
        _ = try await stream.readToEnd(limit: 0)
    }

    @Test func `a push changes what it names and nothing else`() async throws {
        try await withSwarmPair { pair in
            let services = [IdentifyService(swarm: pair.listener), IdentifyService(swarm: pair.dialer)]
            let (dialer, listener) = try await pair.connect()
            let before = try await services[0].information(of: listener)
            var message = IdentifyMessage()
            message.agentVersion = "changed/2"
            try await self.push(message, on: dialer)
            var expected = before
            expected.agentVersion = "changed/2"
            #expect(services[0].information(of: pair.dialer.localPeer) == expected)
            #expect(listener.remoteProtocols == Set(before.protocols))
        }
    }

    @Test func `a record that is older than the one known is ignored`() async throws {
        try await withSwarmPair { pair in
            let service = IdentifyService(swarm: pair.listener)
            let key = pair.dialer.identity
            func message(_ sequence: UInt64, port: UInt16) throws -> IdentifyMessage {
                let address = Multiaddr(.v4(IPv4Address(1, 2, 3, 4)), tcp: port)
                var message = IdentifyMessage()
                message.signedRecord = try PeerRecord(peerID: key.peerID, sequence: sequence, addresses: [address])
                    .seal(with: key).bytes
                return message
            }
            let first = try message(10, port: 10).bytes.lengthPrefixed
            pair.dialer.handle(IdentifyService.protocolID) { stream in try await stream.write(first) }
            let (dialer, listener) = try await pair.connect()
            #expect(try await service.information(of: listener).signedRecord?.sequence == 10)
            try await self.push(message(9, port: 9), on: dialer)
            #expect(service.information(of: key.peerID)?.signedRecord?.sequence == 10)
            try await self.push(message(11, port: 11), on: dialer)
            #expect(service.information(of: key.peerID)?.signedRecord?.sequence == 11)
            #expect(pair.listener.addresses(of: key.peerID).map(\.tcpPort) == [11, 10])
        }
    }

    @Test func `a peer that pushes too often is refused`() async throws {
        try await withSwarmPair { pair in
            let services = [IdentifyService(swarm: pair.listener), IdentifyService(swarm: pair.dialer)]
            let (dialer, listener) = try await pair.connect()
            _ = try await services[0].information(of: listener)
            var accepted = 0
            for number in 0..<50 {
                var message = IdentifyMessage()
                message.agentVersion = "\(number)"
                do {
                    try await self.push(message, on: dialer)
                    accepted += 1
                } catch let error as StreamError {
                    guard case .closed(.resetByPeer) = error else { throw error }
                }
            }
            #expect((10...15).contains(accepted))
        }
    }

    @Test func `a peer may have ten identify streams open and no more`() async throws {
        try await withSwarmPair { pair in
            let service = IdentifyService(swarm: pair.listener)
            let (dialer, listener) = try await pair.connect()
            var streams: [Stream] = []
            var answered = 0
            for _ in 0..<30 {
                do {
                    let stream = try await dialer.openStream([IdentifyService.protocolID])
                    streams.append(stream)
                    _ = try await stream.readToEnd(limit: 5_000)
                    answered += 1
                } catch let error as StreamError {
                    guard case .closed(.resetByPeer) = error else { throw error }
                }
            }
            #expect(answered == 10)
            for stream in streams { stream.reset() }
            // The resets are on their way in front of this stream.
            let stream = try await dialer.openStream([IdentifyService.protocolID])
            #expect(try await !stream.readToEnd(limit: 5_000).isEmpty)
            await service.stop()
            _ = listener
        }
    }

    @Test func `a push budget is a burst of ten and one more every five seconds`() {
        var budget = PushBudget()
        let start = Instant(nanoseconds: 1_000_000_000_000)
        func taken(_ attempts: Int, after time: Duration) -> Int {
            (0..<attempts).reduce(0) { count, _ in count + (budget.take(now: start + time) ? 1 : 0) }
        }
        #expect(taken(20, after: .zero) == 10)
        #expect(taken(1, after: .milliseconds(4_999)) == 0)
        #expect(taken(2, after: .seconds(5)) == 1)
        #expect(taken(20, after: .seconds(1_000)) == 10)
    }
}
