import Bytes
import EventLoop
import Multiformats
import PeerIdentity
import Swarm
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
                pair.keep(IdentifyService(swarm: pair.listener, configuration: self.quick)),
                pair.keep(IdentifyService(swarm: pair.dialer)),
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
            let service = pair.keep(IdentifyService(swarm: pair.listener, configuration: configuration))
            let pushes = Locked(0)
            let (pushed, tell) = AsyncStream.makeStream(of: [String].self)
            self.wantPushes(of: pair.dialer) { message in
                pushes.withLock { $0 += 1 }
                tell.yield(message.protocols)
            }
            let (_, listener) = try await pair.connect()
            _ = try await service.information(of: listener)
            for number in 0..<100 { pair.listener.handle("/new/\(number)") { stream in stream.close() } }
            for await protocols in pushed where protocols.contains("/new/99") { break }
            #expect((1...2).contains(pushes.withLock { $0 }))
        }
    }

    @Test func `a push is sent at once, with a newer record`() async throws {
        try await withSwarmPair { pair in
            let addresses = Locked([try Multiaddr("/ip4/1.2.3.4/tcp/1")])
            var configuration = IdentifyConfiguration()
            configuration.pushDelay = .seconds(3_600)
            configuration.addresses = { addresses.withLock { $0 } }
            let events = pair.dialer.subscribe()
            let services = [
                pair.keep(IdentifyService(swarm: pair.listener, configuration: configuration)),
                pair.keep(IdentifyService(swarm: pair.dialer)),
            ]
            let (dialer, listener) = try await pair.connect()
            let first = try await services[1].information(of: dialer)
            _ = try await services[0].information(of: listener)
            let newer = try Multiaddr("/ip4/1.2.3.4/tcp/2")
            addresses.withLock { $0 = [newer] }
            services[0].push()
            await self.waitUntilIdentified(2, events)
            let second = try #require(services[1].information(of: pair.listener.localPeer))
            #expect(second.listenAddresses == [newer])
            #expect(try #require(second.signedRecord).sequence > #require(first.signedRecord).sequence)
        }
    }

    @Test func `a peer that knows everything is sent no push`() async throws {
        try await withSwarmPair { pair in
            let addresses = Locked([try Multiaddr("/ip4/1.2.3.4/tcp/1")])
            let (asked, tellAsked) = AsyncStream.makeStream(of: Void.self)
            var configuration = IdentifyConfiguration()
            configuration.addresses = {
                tellAsked.yield()
                return addresses.withLock { $0 }
            }
            let service = pair.keep(IdentifyService(swarm: pair.listener, configuration: configuration))
            let (pushed, tell) = AsyncStream.makeStream(of: [Multiaddr].self)
            self.wantPushes(of: pair.dialer) { tell.yield($0.listenAddresses) }
            let (dialer, listener) = try await pair.connect()
            _ = try await service.information(of: listener)
            _ = try await dialer.openStream([IdentifyService.protocolID]).readToEnd(limit: 10_000)
            var asks = asked.makeAsyncIterator()
            _ = await asks.next()
            service.push()
            // Whoever asks for the addresses now is the push that finds nothing new.
            _ = await asks.next()
            let newer = try Multiaddr("/ip4/1.2.3.4/tcp/2")
            addresses.withLock { $0 = [newer] }
            service.push()
            for await addresses in pushed {
                #expect(addresses == [newer])
                break
            }
        }
    }

    /// Lets `swarm` answer identify by hand as a peer that wants pushes, and give them to `receive`.
    private func wantPushes(of swarm: Swarm, _ receive: @escaping @Sendable (IdentifyMessage) -> Void) {
        swarm.handle(IdentifyService.protocolID) { stream in
            var message = IdentifyMessage()
            message.protocols = [IdentifyService.pushProtocolID]
            try await stream.write(message.bytes.lengthPrefixed)
        }
        swarm.handle(IdentifyService.pushProtocolID) { stream in
            var reader = IdentifyMessageReader()
            try await stream.readToEnd(limit: 10_000).withUnsafeBytes { try reader.receive($0) }
            receive(reader.message)
        }
    }

    @Test func `a peer that does not want pushes gets none`() async throws {
        try await withSwarmPair { pair in
            let service = pair.keep(IdentifyService(swarm: pair.listener, configuration: self.quick))
            let streams = Locked(0)
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

    @Test func `a push changes what it names and nothing else`() async throws {
        try await withSwarmPair { pair in
            let services = [
                pair.keep(IdentifyService(swarm: pair.listener)), pair.keep(IdentifyService(swarm: pair.dialer)),
            ]
            let (dialer, listener) = try await pair.connect()
            let before = try await services[0].information(of: listener)
            var message = IdentifyMessage()
            message.agentVersion = "changed/2"
            try await pushByHand(message, on: dialer)
            var expected = before
            expected.agentVersion = "changed/2"
            #expect(services[0].information(of: pair.dialer.localPeer) == expected)
            #expect(listener.remoteProtocols == Set(before.protocols))
        }
    }

    @Test func `a record that is older than the one known is ignored`() async throws {
        try await withSwarmPair { pair in
            let service = pair.keep(IdentifyService(swarm: pair.listener))
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
            try await pushByHand(message(9, port: 9), on: dialer)
            #expect(service.information(of: key.peerID)?.signedRecord?.sequence == 10)
            try await pushByHand(message(11, port: 11), on: dialer)
            #expect(service.information(of: key.peerID)?.signedRecord?.sequence == 11)
            #expect(pair.listener.addresses(of: key.peerID).map(\.tcpPort) == [11])
        }
    }
}
