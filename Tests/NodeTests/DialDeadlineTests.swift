import Cryptography
import EventLoop
import Multiformats
import PeerIdentity
import Swarm
import Testing
import Transport

/// Whoever waits for a dial waits as long as it wants to, whatever the dial does.
struct DialDeadlineTests {
    /// A transport whose dials end by being cancelled alone.
    private struct StalledTransport: Transport {
        func canDial(_ address: Multiaddr) -> Bool { true }
        func canListen(on address: Multiaddr) -> Bool { false }

        func dial(_ address: Multiaddr, on loop: EventLoop, timeout: Duration) async throws -> RawLink {
            let (nothing, _) = AsyncStream.makeStream(of: Never.self)
            for await _ in nothing {}
            throw CancellationError()
        }

        func listen(
            on address: Multiaddr, loops: EventLoopGroup, accept: @escaping @Sendable (RawLink) -> Void
        ) async throws -> any TransportListener {
            throw TransportError(.unsupportedAddress, "a stalled transport listens nowhere")
        }
    }

    private func withStalledSwarm(_ body: (Swarm, Multiaddr) async throws -> Void) async throws {
        let loops = EventLoopGroup(count: 1)
        let swarm = try await Swarm(identity: .generate(), transports: [StalledTransport()], loops: loops)
        let address = try Multiaddr("/memory/1").appending(try PrivateKey.generate().peerID)
        let outcome: Result<Void, any Error>
        do {
            try await body(swarm, address)
            outcome = .success(())
        } catch {
            outcome = .failure(error)
        }
        await swarm.close()
        await loops.shutdown()
        try outcome.get()
    }

    @Test func `opening a stream ends at its deadline while the dial goes on`() async throws {
        try await self.withStalledSwarm { swarm, address in
            let error = await #expect(throws: DialError.self) {
                _ = try await swarm.openStream(to: address, ["/echo/1.0.0"], timeout: .milliseconds(20))
            }
            #expect(error?.peer == address.peerID)
            #expect(error?.description.contains("0.02 seconds") == true)
        }
    }

    @Test func `a cancelled task waits for no dial`() async throws {
        try await self.withStalledSwarm { swarm, address in
            await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask { _ = try await swarm.connect(to: address, timeout: .seconds(60)) }
                group.cancelAll()
                await #expect(throws: CancellationError.self) { try await group.next() }
            }
        }
    }
}
