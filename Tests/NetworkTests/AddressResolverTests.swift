import Bytes
import EventLoop
import Multiformats
import Testing
import Transport

/// Names that a real server answers for.
@Suite(
    .timeLimit(.minutes(1)),
    .enabled(if: NameServer.isRequiredOrPresent, "dnsmasq is not installed (Debian: dnsmasq-base)")
)
struct AddressResolverTests {
    /// Resolves `address` with a server that has `records`, options of dnsmasq.
    private func resolve(
        _ address: String, _ records: [String], limits: AddressResolver.Limits = .init()
    ) async throws -> ResolvedAddresses {
        let server = try await NameServer.start(["--local=/test/"] + records)
        defer { server.stop() }
        let loop = EventLoop(index: 0)
        let resolver = AddressResolver(NameResolver(loop, servers: [server.address]), limits: limits)
        let result: Result<ResolvedAddresses, any Error>
        do {
            result = .success(try await resolver.resolve(Multiaddr(address)))
        } catch {
            result = .failure(error)
        }
        await loop.stop()
        return try result.get()
    }

    private func error(
        _ address: String, _ records: [String] = [], limits: AddressResolver.Limits = .init()
    ) async throws -> TransportError {
        try await #require(throws: TransportError.self) { _ = try await self.resolve(address, records, limits: limits) }
    }

    @Test func `names of both families resolve`() async throws {
        let records = ["--host-record=a.test,10.0.0.1,fd00::1"]
        let both = try await self.resolve("/dns/a.test/tcp/4001", records).addresses.map(\.description)
        #expect(both.sorted() == ["/ip4/10.0.0.1/tcp/4001", "/ip6/fd00::1/tcp/4001"])
        let four = try await self.resolve("/dns4/a.test/tcp/4001", records)
        #expect(four.addresses.map(\.description) == ["/ip4/10.0.0.1/tcp/4001"])
        let six = try await self.resolve("/dns6/a.test/tcp/4001", records)
        #expect(six.addresses.map(\.description) == ["/ip6/fd00::1/tcp/4001"])
    }

    @Test func `a bootstrap name leads to its peers by their own names`() async throws {
        let (alice, bob) = (AddressResolutionTests.alice, AddressResolutionTests.bob)
        let records = [
            "--txt-record=_dnsaddr.boot.test,dnsaddr=/dnsaddr/alice.boot.test\(alice)",
            "--txt-record=_dnsaddr.boot.test,dnsaddr=/dnsaddr/bob.boot.test\(bob)",
            "--txt-record=_dnsaddr.alice.boot.test,dnsaddr=/dns4/a.test/tcp/4001\(alice)",
            "--txt-record=_dnsaddr.alice.boot.test,dnsaddr=/ip6/fd00::1/udp/4001/quic-v1\(alice)",
            "--txt-record=_dnsaddr.bob.boot.test,dnsaddr=/ip4/10.0.0.2/tcp/4001\(bob)",
            "--host-record=a.test,10.0.0.1",
        ]
        let all = try await self.resolve("/dnsaddr/boot.test", records)
        #expect(
            Set(all.addresses.map(\.description)) == [
                "/ip4/10.0.0.1/tcp/4001\(alice)", "/ip6/fd00::1/udp/4001/quic-v1\(alice)",
                "/ip4/10.0.0.2/tcp/4001\(bob)",
            ])
        #expect(all.failures == [])
        let one = try await self.resolve("/dnsaddr/boot.test\(bob)", records)
        #expect(one.addresses.map(\.description) == ["/ip4/10.0.0.2/tcp/4001\(bob)"])
    }

    @Test func `a name that is unknown, or has nothing of the kind, is told`() async throws {
        let unknown = try await self.error("/dns4/gone.test/tcp/1")
        #expect(unknown.code == .nameNotFound)
        #expect(unknown.reason == "resolve /dns4/gone.test/tcp/1: no such name: gone.test")
        let wrongKind = try await self.error("/dns6/a.test/tcp/1", ["--host-record=a.test,10.0.0.1"])
        #expect(wrongKind.code == .nameNotFound)
        let noText = try await self.error("/dnsaddr/a.test", ["--host-record=a.test,10.0.0.1"])
        #expect(noText.reason == "resolve /dnsaddr/a.test: no such name: _dnsaddr.a.test")
    }

    @Test func `a loop of records ends`() async throws {
        let records = [
            "--txt-record=_dnsaddr.a.test,dnsaddr=/dnsaddr/b.test",
            "--txt-record=_dnsaddr.b.test,dnsaddr=/dnsaddr/a.test",
        ]
        let error = try await self.error("/dnsaddr/a.test", records)
        #expect(error.reason == "resolve /dnsaddr/a.test: its names lead back to themselves")
    }

    @Test func `of 1,000 records at most 100 are used`() async throws {
        let records = (1...1000).map { "--txt-record=_dnsaddr.a.test,dnsaddr=/ip4/10.0.0.1/tcp/\($0)" }
        let result = try await self.resolve("/dnsaddr/a.test", records)
        #expect(result.addresses.count == 100)
    }

    @Test func `10,000 records, more than an answer can hold, do no harm`() async throws {
        let records = (1...10_000).map { "--txt-record=_dnsaddr.a.test,dnsaddr=/ip4/10.0.0.1/tcp/\($0)" }
        // The server leaves out what is more than 64 KiB.
        let result = try await self.resolve("/dnsaddr/a.test", records)
        #expect(result.addresses.count == 100)
    }

    @Test func `a server that stays silent costs no more than the time that is given`() async throws {
        let server = try SilentServer()
        defer { server.close() }
        let loop = EventLoop(index: 0)
        var limits = AddressResolver.Limits()
        limits.lookupTime = .milliseconds(50)
        let resolver = AddressResolver(NameResolver(loop, servers: [server.address]), limits: limits)
        let error = try await #require(throws: TransportError.self) {
            _ = try await resolver.resolve(Multiaddr("/dns4/a.test/tcp/1"))
        }
        #expect(error.code == .timedOut)
        #expect(error.reason.hasPrefix("resolve /dns4/a.test/tcp/1: the name server did not answer within"))
        await loop.stop()
    }

    @Test func `a resolution that is cancelled while it waits ends at once`() async throws {
        let server = try SilentServer()
        defer { server.close() }
        let loop = EventLoop(index: 0)
        var limits = AddressResolver.Limits()
        limits.lookupTime = .seconds(600)
        limits.time = .seconds(600)
        let resolver = AddressResolver(NameResolver(loop, servers: [server.address]), limits: limits)
        await withThrowingTaskGroup(of: ResolvedAddresses.self) { group in
            group.addTask { try await resolver.resolve(Multiaddr("/dns4/a.test/tcp/1")) }
            await server.waitForQuery()
            group.cancelAll()
            await #expect(throws: CancellationError.self) { _ = try await group.next() }
        }
        await loop.stop()
    }
}
