import EventLoop
import Multiformats
import Testing

@testable import Transport

/// The bounds and the matching of `/dnsaddr`, without a server.
@Suite struct AddressResolutionTests {
    static let alice = "/p2p/12D3KooWD3eckifWpRn9wQpMG9R9hX3sD158z7EqHWmweQAJU5SA"
    static let bob = "/p2p/QmYyQSo1c1Ym7orWxLYvCrM2EmxFTANf8wXmmE7DWjhx5N"

    /// Resolves `address` with these texts of `_dnsaddr` names and addresses of names; every other name is unknown.
    private func resolve(
        _ address: String, texts: [String: [String]] = [:], addresses: [String: [String]] = [:],
        limits: AddressResolver.Limits = .init(), asked: inout [String]
    ) throws -> Result<ResolvedAddresses, TransportError> {
        var resolution = AddressResolution(try Multiaddr(address), limits: limits)
        while let questions = resolution.nextQuestions() {
            for question in questions {
                asked.append(question.name)
                switch question {
                case .texts(let name):
                    let found = texts[name].map { NameAnswer.texts($0) }
                    resolution.receive(found.map { .success($0) } ?? .failure(.noSuchName(name)), to: question)
                case .addresses(let name, let family):
                    let all = (addresses[name] ?? []).compactMap { IPAddress($0) }
                    let found = all.filter { ip in
                        switch (family, ip) {
                        case (.any, _), (.ipv4, .v4), (.ipv6, .v6): true
                        default: false
                        }
                    }
                    resolution.receive(
                        found.isEmpty ? .failure(.noSuchName(name)) : .success(.addresses(found)), to: question)
                }
            }
        }
        return resolution.result
    }

    private func resolved(
        _ address: String, texts: [String: [String]] = [:], addresses: [String: [String]] = [:]
    ) throws -> [String] {
        var asked: [String] = []
        return try self.resolve(address, texts: texts, addresses: addresses, asked: &asked).get().addresses
            .map(\.description)
    }

    @Test func `an address without a name stands for itself, and nobody is asked`() throws {
        var asked: [String] = []
        for address in ["/ip4/1.2.3.4/tcp/1", "/ip4/1.2.3.4/tcp/443/tls/sni/example.org/ws\(Self.alice)"] {
            #expect(!AddressResolver.hasNames(try Multiaddr(address)))
            let result = try self.resolve(address, asked: &asked).get()
            #expect(result.addresses.map(\.description) == [address])
            #expect(result.failures == [])
        }
        #expect(asked == [])
    }

    @Test func `a name is replaced by each of its addresses of the right kind`() throws {
        let names = ["a.test": ["10.0.0.1", "fd00::1", "10.0.0.2"]]
        #expect(
            try self.resolved("/dns4/a.test/tcp/1\(Self.alice)", addresses: names)
                == ["/ip4/10.0.0.1/tcp/1\(Self.alice)", "/ip4/10.0.0.2/tcp/1\(Self.alice)"])
        #expect(try self.resolved("/dns6/a.test/udp/1/quic-v1", addresses: names) == ["/ip6/fd00::1/udp/1/quic-v1"])
        #expect(
            try self.resolved("/dns/a.test/tcp/1", addresses: names)
                == ["/ip4/10.0.0.1/tcp/1", "/ip6/fd00::1/tcp/1", "/ip4/10.0.0.2/tcp/1"])
    }

    @Test func `a name behind a circuit is the relay's to resolve`() throws {
        let names = ["relay.test": ["10.0.0.1"]]
        let inner = "/p2p-circuit/dns4/inner.test/tcp/1"
        #expect(
            try self.resolved("/dns4/relay.test/tcp/1\(Self.alice)\(inner)", addresses: names)
                == ["/ip4/10.0.0.1/tcp/1\(Self.alice)\(inner)"])
        #expect(!AddressResolver.hasNames(try Multiaddr("/ip4/1.2.3.4/tcp/1\(Self.alice)\(inner)")))
    }

    @Test func `only records of the peer that the address names are taken`() throws {
        let texts = [
            "_dnsaddr.a.test": [
                "dnsaddr=/ip4/10.0.0.1/tcp/1\(Self.alice)", "dnsaddr=/ip4/10.0.0.2/tcp/1\(Self.bob)",
                "dnsaddr=/ip4/10.0.0.3/tcp/1", "dnsaddr=/ip6/fd00::1/udp/1/quic-v1\(Self.alice)",
            ]
        ]
        #expect(
            try self.resolved("/dnsaddr/a.test\(Self.alice)", texts: texts)
                == ["/ip4/10.0.0.1/tcp/1\(Self.alice)", "/ip6/fd00::1/udp/1/quic-v1\(Self.alice)"])
        #expect(
            try self.resolved("/dnsaddr/a.test/tcp/1\(Self.bob)", texts: texts)
                == ["/ip4/10.0.0.2/tcp/1\(Self.bob)"])
        #expect(try self.resolved("/dnsaddr/a.test", texts: texts).count == 4)
    }

    @Test func `a peer is the same whatever text its ID has`() throws {
        let cid = "/p2p/bafzaajaiaejcal72gwuz2or47oyxxn6b3rkwdmmkrxgkjxzy3rqt5kczyn7lcm3l"
        let texts = ["_dnsaddr.a.test": ["dnsaddr=/ip4/10.0.0.1/tcp/1\(Self.alice)"]]
        #expect(try self.resolved("/dnsaddr/a.test\(cid)", texts: texts) == ["/ip4/10.0.0.1/tcp/1\(Self.alice)"])
    }

    @Test func `a relay may be found by its records`() throws {
        let records = ["dnsaddr=/ip4/10.0.0.1/tcp/1\(Self.alice)", "dnsaddr=/ip4/10.0.0.2/tcp/1"]
        let texts = ["_dnsaddr.relay.test": records]
        #expect(
            try self.resolved("/dnsaddr/relay.test\(Self.alice)/p2p-circuit\(Self.bob)", texts: texts)
                == ["/ip4/10.0.0.1/tcp/1\(Self.alice)/p2p-circuit\(Self.bob)"])
    }

    @Test func `texts that are no records are passed over`() throws {
        let texts = [
            "_dnsaddr.a.test": [
                "", "v=spf1 -all", "dnsaddr=", "dnsaddr=/nosuchprotocol/1", "dnsaddr=ip4/10.0.0.9/tcp/1",
                " dnsaddr=/ip4/10.0.0.9/tcp/1", "DNSADDR=/ip4/10.0.0.9/tcp/1", "dnsaddr=\u{301}/ip4/10.0.0.9/tcp/1",
                "dnsaddr=/ip4/10.0.0.1/tcp/1",
            ]
        ]
        #expect(try self.resolved("/dnsaddr/a.test", texts: texts) == ["/ip4/10.0.0.1/tcp/1"])
    }

    @Test func `records lead on, through names, and an address comes once`() throws {
        let texts = [
            "_dnsaddr.a.test": ["dnsaddr=/dnsaddr/b.test\(Self.alice)", "dnsaddr=/ip4/10.0.0.1/tcp/1\(Self.alice)"],
            "_dnsaddr.b.test": ["dnsaddr=/dns4/c.test/tcp/1\(Self.alice)", "dnsaddr=/ip4/10.0.0.1/tcp/1\(Self.alice)"],
        ]
        #expect(
            try self.resolved("/dnsaddr/a.test\(Self.alice)", texts: texts, addresses: ["c.test": ["10.0.0.3"]])
                == ["/ip4/10.0.0.1/tcp/1\(Self.alice)", "/ip4/10.0.0.3/tcp/1\(Self.alice)"])
    }

    @Test func `what an answer leads to does not wait for the other answers`() throws {
        var resolution = AddressResolution(try Multiaddr("/dnsaddr/a.test"), limits: .init())
        #expect(resolution.nextQuestions() == [.texts("_dnsaddr.a.test")])
        let records = [
            "/dns4/slow.test/tcp/1", "/dns4/quick.test/tcp/1", "/dns4/quick.test/tcp/2", "/ip4/10.0.0.1/tcp/1",
        ]
        resolution.receive(.success(.texts(records.map { "dnsaddr=\($0)" })), to: .texts("_dnsaddr.a.test"))
        #expect(resolution.takeFound().map(\.description) == ["/ip4/10.0.0.1/tcp/1"])
        let (slow, quick) = (NameQuestion.addresses("slow.test", .ipv4), NameQuestion.addresses("quick.test", .ipv4))
        #expect(resolution.nextQuestions() == [slow, quick])
        resolution.receive(.success(.addresses([try #require(IPAddress("10.0.0.2"))])), to: quick)
        #expect(resolution.takeFound().map(\.description) == ["/ip4/10.0.0.2/tcp/1", "/ip4/10.0.0.2/tcp/2"])
        #expect(resolution.nextQuestions() == [])
        resolution.receive(.failure(.timedOut("slow.test", after: .seconds(5))), to: slow)
        #expect(resolution.nextQuestions() == nil)
        let result = try resolution.result.get()
        #expect(result.addresses.count == 3)
        #expect(result.failures.map(\.code) == [.timedOut])
    }

    // MARK: Failures

    @Test func `names that give nothing are told beside what was found`() throws {
        var asked: [String] = []
        let texts = [
            "_dnsaddr.a.test": [
                "dnsaddr=/dns4/gone.test/tcp/1", "dnsaddr=/dns4/here.test/tcp/1", "dnsaddr=/dnsaddr/none.test",
            ],
            "_dnsaddr.none.test": ["hello"],
        ]
        let result = try self.resolve(
            "/dnsaddr/a.test", texts: texts, addresses: ["here.test": ["10.0.0.1"]], asked: &asked
        ).get()
        #expect(result.addresses.map(\.description) == ["/ip4/10.0.0.1/tcp/1"])
        #expect(
            result.failures == [
                .init(name: "gone.test", reason: "no such name: gone.test"),
                .init(
                    name: "_dnsaddr.none.test",
                    reason: "_dnsaddr.none.test has no record that fits /dnsaddr/none.test"),
            ])
    }

    @Test func `nothing found is an error with every reason`() throws {
        var asked: [String] = []
        let texts = ["_dnsaddr.a.test": ["dnsaddr=/dns4/gone.test/tcp/1", "dnsaddr=/dns6/lost.test/tcp/1"]]
        let result = try self.resolve("/dnsaddr/a.test", texts: texts, asked: &asked)
        #expect(throws: TransportError(.nameNotFound, "")) { try result.get() }
        guard case .failure(let error) = result else { return }
        #expect(error.reason == "resolve /dnsaddr/a.test: no such name: gone.test; no such name: lost.test")
    }

    @Test func `only silence is a timeout`() throws {
        for (others, code) in [([], TransportError.Code.timedOut), (["dnsaddr=/dns4/gone.test/tcp/1"], .nameNotFound)] {
            var resolution = AddressResolution(try Multiaddr("/dnsaddr/a.test"), limits: .init())
            while let questions = resolution.nextQuestions() {
                for question in questions {
                    switch question.name {
                    case "_dnsaddr.a.test":
                        resolution.receive(
                            .success(.texts(["dnsaddr=/dns4/slow.test/tcp/1"] + others)), to: question)
                    case "slow.test":
                        resolution.receive(.failure(.timedOut("slow.test", after: .seconds(5))), to: question)
                    default: resolution.receive(.failure(.noSuchName(question.name)), to: question)
                    }
                }
            }
            #expect(throws: TransportError(code, "")) { try resolution.result.get() }
        }
    }

    // MARK: Bounds

    @Test func `a loop of names ends when it closes`() throws {
        var asked: [String] = []
        let texts = [
            "_dnsaddr.a.test": ["dnsaddr=/dnsaddr/b.test"],
            "_dnsaddr.b.test": ["dnsaddr=/dnsaddr/a.test"],
        ]
        let result = try self.resolve("/dnsaddr/a.test", texts: texts, asked: &asked)
        #expect(asked == ["_dnsaddr.a.test", "_dnsaddr.b.test"])
        guard case .failure(let error) = result else {
            Issue.record("a loop led to an address")
            return
        }
        #expect(error.reason == "resolve /dnsaddr/a.test: its names lead back to themselves")
    }

    @Test func `four levels of records are followed and no more`() throws {
        var asked: [String] = []
        var texts: [String: [String]] = [:]
        for level in 0..<10 {
            texts["_dnsaddr.\(level).test"] = [
                "dnsaddr=/ip4/10.0.0.\(level)/tcp/1", "dnsaddr=/dnsaddr/\(level + 1).test",
            ]
        }
        let result = try self.resolve("/dnsaddr/0.test", texts: texts, asked: &asked).get()
        #expect(asked == (0..<4).map { "_dnsaddr.\($0).test" })
        #expect(result.addresses.map(\.description) == (0..<4).map { "/ip4/10.0.0.\($0)/tcp/1" })
        #expect(result.failures.map(\.reason) == ["_dnsaddr.4.test is more than 4 levels of /dnsaddr away"])
    }

    @Test func `records that grow by their own name end at the last level`() throws {
        var asked: [String] = []
        let texts = ["_dnsaddr.a.test": ["dnsaddr=/ip4/10.0.0.1/tcp/1/dnsaddr/a.test", "dnsaddr=/ip4/10.0.0.1/tcp/1"]]
        let result = try self.resolve("/dnsaddr/a.test", texts: texts, asked: &asked).get()
        #expect(asked == ["_dnsaddr.a.test"])
        #expect(result.addresses.count == 4)
    }

    @Test func `at most 32 names are asked for`() throws {
        var asked: [String] = []
        let names = (0..<90).map { "n\($0).test" }
        let texts = ["_dnsaddr.a.test": names.map { "dnsaddr=/dns4/\($0)/tcp/1" }]
        let addresses = Dictionary(uniqueKeysWithValues: names.map { ($0, ["10.0.0.1"]) })
        let result = try self.resolve("/dnsaddr/a.test", texts: texts, addresses: addresses, asked: &asked).get()
        #expect(asked == ["_dnsaddr.a.test"] + names.prefix(31))
        #expect(result.addresses.map(\.description) == ["/ip4/10.0.0.1/tcp/1"])
        #expect(result.failures.map(\.reason) == ["more than 32 names would have to be looked up"])
    }

    @Test func `a name that many addresses have is asked for once`() throws {
        var asked: [String] = []
        let texts = ["_dnsaddr.a.test": (1...50).map { "dnsaddr=/dns4/b.test/tcp/\($0)" }]
        let result = try self.resolve(
            "/dnsaddr/a.test", texts: texts, addresses: ["b.test": ["10.0.0.1"]], asked: &asked
        ).get()
        #expect(asked == ["_dnsaddr.a.test", "b.test"])
        #expect(result.addresses.count == 50)
        #expect(result.failures == [])
    }

    @Test func `at most 100 addresses come out`() throws {
        var asked: [String] = []
        // Each of 60 records leads to three addresses.
        let texts = ["_dnsaddr.a.test": (1...60).map { "dnsaddr=/dns4/b.test/tcp/\($0)" }]
        let addresses = ["b.test": ["10.0.0.1", "10.0.0.2", "10.0.0.3"]]
        let result = try self.resolve("/dnsaddr/a.test", texts: texts, addresses: addresses, asked: &asked).get()
        #expect(result.addresses.count == 100)
        #expect(result.failures.map(\.reason) == ["/dnsaddr/a.test leads to more than 100 addresses"])
    }
}
