import Bytes
import Multiformats
import PeerIdentity
import Swarm
import Testing
import Transport

@testable import Identify

@Suite(.timeLimit(.minutes(1))) struct IdentifyExchangeTests {
    @Test(arguments: PairTransport.allCases)
    func `both sides of a new connection learn what the other is`(transport: PairTransport) async throws {
        try await withSwarmPair(over: transport) { pair in
            var configuration = IdentifyConfiguration()
            configuration.agentVersion = "dialer/1"
            configuration.protocolVersion = "test/1"
            let dialing = pair.keep(IdentifyService(swarm: pair.dialer, configuration: configuration))
            let listening = pair.keep(IdentifyService(swarm: pair.listener))
            pair.listener.handle("/chat/1") { stream in stream.close() }
            let (dialer, listener) = try await pair.connect()

            let ofListener = try await dialing.information(of: dialer)
            #expect(ofListener.agentVersion == "apus/0.1.0")
            #expect(ofListener.protocolVersion == "ipfs/0.1.0")
            #expect(ofListener.protocols == ["/chat/1", "/ipfs/id/1.0.0", "/ipfs/id/push/1.0.0"])
            #expect(ofListener.listenAddresses == [pair.listenAddress])
            #expect(ofListener.observedAddress == dialer.localAddress)
            #expect(ofListener.publicKey == pair.listener.identity.publicKey)
            #expect(ofListener.signedRecord?.addresses == [pair.listenAddress])
            #expect(ofListener.signedRecord?.peerID == pair.listener.localPeer)
            #expect(dialing.information(of: pair.listener.localPeer) == ofListener)
            #expect(dialer.remoteProtocols == Set(ofListener.protocols))

            let ofDialer = try await listening.information(of: listener)
            #expect(ofDialer.agentVersion == "dialer/1")
            #expect(ofDialer.protocolVersion == "test/1")
            #expect(ofDialer.listenAddresses.isEmpty)
            #expect(ofDialer.signedRecord == nil)
            #expect(ofDialer.observedAddress == listener.localAddress)
        }
    }

    @Test func `subscribers hear that a peer was identified and where it sees this node`() async throws {
        try await withSwarmPair { pair in
            let events = pair.dialer.subscribe()
            let services = [
                pair.keep(IdentifyService(swarm: pair.dialer)), pair.keep(IdentifyService(swarm: pair.listener)),
            ]
            let (dialer, _) = try await pair.connect()
            _ = try await services[0].information(of: dialer)
            var identified = false
            for await event in events {
                switch event {
                case .identified(let peer): identified = peer == pair.listener.localPeer
                case .observedAddress(let address, let peer):
                    #expect(identified)
                    #expect(peer == pair.listener.localPeer)
                    #expect(address == dialer.localAddress)
                    return
                default: break
                }
            }
            Issue.record("the swarm ended first")
        }
    }

    @Test func `a peer's addresses are noted for the next dial`() async throws {
        try await withSwarmPair { pair in
            let listening = pair.keep(IdentifyService(swarm: pair.listener))
            var configuration = IdentifyConfiguration()
            let stranger = try PrivateKey.generate().peerID
            let texts = ["/ip4/1.2.3.4/tcp/4001", "/ip4/5.6.7.8/tcp/1/p2p/\(stranger)"]
            let addresses = try texts.map { try Multiaddr($0) }
            configuration.addresses = { addresses }
            let dialing = pair.keep(IdentifyService(swarm: pair.dialer, configuration: configuration))
            let (_, listener) = try await pair.connect()
            let info = try await listening.information(of: listener)
            #expect(info.listenAddresses == addresses)
            #expect(pair.listener.addresses(of: pair.dialer.localPeer) == [addresses[0]])
            await dialing.stop()
        }
    }

    @Test func `a connection that stood before the service is identified too`() async throws {
        try await withSwarmPair { pair in
            let (dialer, _) = try await pair.connect()
            let services = [
                pair.keep(IdentifyService(swarm: pair.listener)), pair.keep(IdentifyService(swarm: pair.dialer)),
            ]
            #expect(try await services[1].information(of: dialer).agentVersion == "apus/0.1.0")
        }
    }

    @Test func `everyone who waits gets the one answer`() async throws {
        try await withSwarmPair { pair in
            let services = [
                pair.keep(IdentifyService(swarm: pair.listener)), pair.keep(IdentifyService(swarm: pair.dialer)),
            ]
            let (dialer, _) = try await pair.connect()
            let infos = try await withThrowingTaskGroup(of: IdentifyInfo.self) { group in
                for _ in 0..<20 { group.addTask { try await services[1].information(of: dialer) } }
                return try await group.reduce(into: Set()) { $0.insert($1) }
            }
            #expect(infos.count == 1)
        }
    }

    @Test func `a peer that does not serve identify is reported as such`() async throws {
        try await withSwarmPair { pair in
            let service = pair.keep(IdentifyService(swarm: pair.dialer))
            let (dialer, _) = try await pair.connect()
            await #expect(throws: IdentifyError.stream(.protocolsNotSupported(["/ipfs/id/1.0.0"]))) {
                try await service.information(of: dialer)
            }
            #expect(service.information(of: pair.listener.localPeer) == nil)
        }
    }

    @Test func `a peer is known for some time after it disconnected, and its connection is not`() async throws {
        try await withSwarmPair { pair in
            let services = [
                pair.keep(IdentifyService(swarm: pair.listener)), pair.keep(IdentifyService(swarm: pair.dialer)),
            ]
            let (dialer, _) = try await pair.connect()
            let info = try await services[1].information(of: dialer)
            await dialer.close()
            #expect(services[1].information(of: pair.listener.localPeer) == info)
            await #expect(throws: IdentifyError.connectionClosed) { try await services[1].information(of: dialer) }
        }
    }

    @Test func `a connection that ends while its peer is asked fails those who wait`() async throws {
        try await withSwarmPair { pair in
            let service = pair.keep(IdentifyService(swarm: pair.dialer))
            pair.listener.handle(IdentifyService.protocolID) { stream in
                await stream.connection.close(gracePeriod: .zero)
            }
            let (dialer, _) = try await pair.connect()
            await #expect(throws: IdentifyError.self) { try await service.information(of: dialer) }
        }
    }

    @Test func `a service that is stopped answers nobody and fails those who wait`() async throws {
        try await withSwarmPair { pair in
            let service = pair.keep(IdentifyService(swarm: pair.dialer))
            let (asked, tell) = AsyncStream.makeStream(of: Void.self)
            pair.listener.handle(IdentifyService.protocolID) { stream in
                tell.yield()
                _ = try await stream.readToEnd(limit: 1)
            }
            let (dialer, _) = try await pair.connect()
            let waiting = Task { try await service.information(of: dialer) }
            for await _ in asked { break }
            await service.stop()
            await #expect(throws: IdentifyError.stopped) { try await waiting.value }
            await #expect(throws: IdentifyError.stopped) { try await service.information(of: dialer) }
            #expect(pair.dialer.supportedProtocols.isEmpty)
        }
    }

    @Test func `a waiting task can be cancelled`() async throws {
        try await withSwarmPair { pair in
            let service = pair.keep(IdentifyService(swarm: pair.dialer))
            let (asked, tell) = AsyncStream.makeStream(of: Void.self)
            pair.listener.handle(IdentifyService.protocolID) { stream in
                tell.yield()
                _ = try await stream.readToEnd(limit: 1)
            }
            let (dialer, _) = try await pair.connect()
            let task = Task { try await service.information(of: dialer) }
            for await _ in asked { break }
            task.cancel()
            await #expect(throws: CancellationError.self) { try await task.value }
        }
    }
}
