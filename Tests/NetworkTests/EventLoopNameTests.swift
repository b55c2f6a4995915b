import EventLoop
import Foundation
import Multiformats
import Testing

@Suite(.timeLimit(.minutes(1))) struct EventLoopNameTests {
    @Test(.enabled(if: NameServer.isRequiredOrPresent, "dnsmasq is not installed (Debian: dnsmasq-base)"))
    func `names resolve to addresses and texts`() async throws {
        let server = try await NameServer.start([
            "--local=/test/", "--host-record=both.test,10.1.2.3,2001:db8::5", "--host-record=four.test,10.0.0.4",
            "--host-record=six.test,2001:db8::6", "--cname=alias.test,both.test",
            "--txt-record=_dnsaddr.node.test,dnsaddr=/ip4/10.1.2.3/tcp/4001,/p2p/peer",
            "--txt-record=_dnsaddr.node.test,\(String(repeating: "a", count: 255)),\(String(repeating: "b", count: 200))",
            "--txt-record=empty-name.test",
        ])
        defer { server.stop() }
        let loop = EventLoop(index: 0)
        let names = NameResolver(loop, servers: [server.address])
        func addresses(_ name: String, _ family: NameResolver.AddressFamily = .any) async throws -> Set<String> {
            Set(try await names.addresses(of: name, family: family).map(\.description))
        }

        #expect(try await addresses("both.test") == ["10.1.2.3", "2001:db8::5"])
        #expect(try await addresses("both.test.") == ["10.1.2.3", "2001:db8::5"])
        #expect(try await addresses("both.test", .ipv4) == ["10.1.2.3"])
        #expect(try await addresses("both.test", .ipv6) == ["2001:db8::5"])
        #expect(try await addresses("alias.test") == ["10.1.2.3", "2001:db8::5"])
        #expect(try await addresses("four.test") == ["10.0.0.4"])
        #expect(try await addresses("10.9.8.7") == ["10.9.8.7"])
        #expect(try await addresses("::7", .ipv6) == ["::7"])

        let texts = try await names.texts(of: "_dnsaddr.node.test")
        #expect(
            Set(texts) == [
                "dnsaddr=/ip4/10.1.2.3/tcp/4001/p2p/peer",
                String(repeating: "a", count: 255) + String(repeating: "b", count: 200),
            ])

        await #expect(throws: NameError.noRecords("four.test")) {
            try await names.addresses(of: "four.test", family: .ipv6)
        }
        await #expect(throws: NameError.noRecords("four.test")) { try await names.texts(of: "four.test") }
        await #expect(throws: NameError.noSuchName("nobody.test")) { try await names.addresses(of: "nobody.test") }
        await #expect(throws: NameError.noSuchName("nobody.test")) { try await names.texts(of: "nobody.test") }
        await #expect(throws: NameError.serverUnreachable("elsewhere.example")) {
            try await names.texts(of: "elsewhere.example")
        }
        await loop.stop()
    }

    @Test(.enabled(if: NameServer.isRequiredOrPresent, "dnsmasq is not installed (Debian: dnsmasq-base)"))
    func `an answer that needs TCP arrives, and is cut at the limit`() async throws {
        let records = (0..<120).map { "--txt-record=many.test,record number \($0) of a long answer" }
        let server = try await NameServer.start(["--local=/test/"] + records)
        defer { server.stop() }
        let loop = EventLoop(index: 0)
        let names = NameResolver(loop, servers: [server.address])
        let texts = try await names.texts(of: "many.test")
        #expect(texts.count == NameResolver.resultLimit)
        #expect(texts.allSatisfy { $0.hasPrefix("record number ") })
        await loop.stop()
    }

    @Test(.enabled(if: NameServer.isRequiredOrPresent, "dnsmasq is not installed (Debian: dnsmasq-base)"))
    func `many names resolve at once`() async throws {
        let hosts = (0..<200).map { "--host-record=host\($0).test,10.0.1.\($0)" }
        let server = try await NameServer.start(["--local=/test/"] + hosts)
        defer { server.stop() }
        let loop = EventLoop(index: 0)
        let names = NameResolver(loop, servers: [server.address])
        try await withThrowingTaskGroup(of: Bool.self) { group in
            for number in 0..<200 {
                group.addTask {
                    try await names.addresses(of: "host\(number).test", family: .ipv4).map(\.description)
                        == ["10.0.1.\(number)"]
                }
            }
            for try await isRight in group { #expect(isRight) }
        }
        await loop.stop()
    }

    @Test func `a server that is silent is a timeout`() async throws {
        let server = try SilentServer()
        defer { server.close() }
        let loop = EventLoop(index: 0)
        let names = NameResolver(loop, servers: [server.address])
        let error = await #expect(throws: NameError.self) {
            try await names.addresses(of: "a.test", timeout: .milliseconds(20))
        }
        #expect(error == .timedOut("a.test", after: .milliseconds(20)))
        #expect(error?.description == "the name server did not answer within 0.02 seconds when asked for a.test")
        // The abandoned query must not keep the next one from a fresh start, nor the loop from ending.
        await #expect(throws: NameError.timedOut("b.test", after: .milliseconds(1))) {
            try await names.texts(of: "b.test", timeout: .milliseconds(1))
        }
        await loop.stop()
    }

    @Test func `no server at the address is an error at once`() async throws {
        let server = try SilentServer()
        let address = server.address
        server.close()
        let loop = EventLoop(index: 0)
        let names = NameResolver(loop, servers: [address])
        await #expect(throws: NameError.serverUnreachable("a.test")) { try await names.texts(of: "a.test") }
        await loop.stop()
    }

    @Test func `a cancelled task's query ends`() async throws {
        let server = try SilentServer()
        defer { server.close() }
        let loop = EventLoop(index: 0)
        let names = NameResolver(loop, servers: [server.address])
        let task = Task { try await names.addresses(of: "a.test", timeout: .seconds(3600)) }
        task.cancel()
        await #expect(throws: NameError.cancelled) { try await task.value }
        await loop.stop()
    }

    @Test func `queries end when their loop does`() async throws {
        let server = try SilentServer()
        defer { server.close() }
        let loop = EventLoop(index: 0)
        let names = NameResolver(loop, servers: [server.address])
        let task = Task { try await names.addresses(of: "a.test", timeout: .seconds(3600)) }
        await server.waitForQuery()
        await loop.stop()
        await #expect(throws: NameError.cancelled) { try await task.value }
        await #expect(throws: NameError.cancelled) { try await names.texts(of: "a.test") }
    }

    @Test func `queries beyond the limit are refused, those within it wait`() async throws {
        let server = try SilentServer()
        defer { server.close() }
        let loop = EventLoop(index: 0)
        let names = NameResolver(loop, servers: [server.address])
        let limit = NameResolver.queryLimit + NameResolver.waitingLimit
        try await withThrowingTaskGroup(of: NameError?.self) { group in
            for number in 0..<limit + 10 {
                group.addTask {
                    await Self.error { () throws(NameError) in
                        _ = try await names.texts(of: "host\(number).test", timeout: .seconds(3600))
                    }
                }
            }
            for _ in 0..<10 { #expect(try await group.next() == .tooManyQueries) }
            names.cancelAll()
            for try await error in group { #expect(error == .cancelled) }
        }
        await loop.stop()
    }

    @Test(arguments: [1, 5]) func `whoever asks for many names has its share, and others are asked for at once`(
        greedy count: Int
    ) async throws {
        let server = try SilentServer()
        defer { server.close() }
        let loop = EventLoop(index: 0)
        let names = NameResolver(loop, servers: [server.address])
        let share = NameResolver.queriesOfAsker + NameResolver.waitingOfAsker
        let most = min(count * share, NameResolver.queryLimit + NameResolver.waitingLimit)
        try await withThrowingTaskGroup(of: NameError?.self) { group in
            for asker in (0..<count).map({ _ in NameAsker() }) {
                for number in 0..<share + 40 {
                    group.addTask {
                        await Self.error { () throws(NameError) in
                            _ = try await names.texts(of: "host\(number).test", timeout: .seconds(3600), asker: asker)
                        }
                    }
                }
            }
            // At least as many as there is no place for.
            for _ in most..<count * (share + 40) { #expect(try await group.next() == .tooManyQueries) }
            for (name, asker) in [("other.test", NameAsker()), ("nobody.test", nil)] {
                await #expect(throws: NameError.timedOut(name, after: .milliseconds(50))) {
                    try await names.texts(of: name, timeout: .milliseconds(50), asker: asker)
                }
            }
            let asked = server.askedNames
            #expect(asked.contains("other.test") && asked.contains("nobody.test"))
            if count == 1 { #expect(asked.count { $0.hasPrefix("host") } == NameResolver.queriesOfAsker) }
            group.cancelAll()
            for try await error in group { #expect(error == .cancelled || error == .tooManyQueries) }
        }
        await loop.stop()
    }

    private static func error(_ body: () async throws(NameError) -> Void) async -> NameError? {
        do {
            try await body()
            return nil
        } catch {
            return error
        }
    }

    @Test(arguments: [
        "", ".", "a b.test", "a\nb.test", "a\\.test", "ä.test", String(repeating: "a.", count: 128),
        String(repeating: "a", count: 64) + ".test", "a..test",
    ])
    func `what is no name is refused before it is asked for`(name: String) async throws {
        let server = try SilentServer()
        defer { server.close() }
        let loop = EventLoop(index: 0)
        let names = NameResolver(loop, servers: [server.address])
        await #expect(throws: NameError.invalidName(name)) { try await names.texts(of: name) }
        #expect(!NameError.invalidName(name).description.contains("\n"))
        await loop.stop()
    }

    @Test func `a list of servers that is none is an error`() async {
        let loop = EventLoop(index: 0)
        let names = NameResolver(loop, servers: ["not an address"])
        let error = await #expect(throws: NameError.self) { try await names.addresses(of: "a.test") }
        #expect(error?.description.hasPrefix("names cannot be looked up: ") == true)
        await loop.stop()
    }

    @Test func `the system's hosts file is read`() async throws {
        let hosts = try String(contentsOfFile: "/etc/hosts", encoding: .utf8)
        try #require(hosts.contains("localhost"))
        let loop = EventLoop(index: 0)
        let addresses = try await NameResolver(loop).addresses(of: "localhost")
        #expect(addresses.contains { $0.isLoopback })
        await loop.stop()
    }
}
