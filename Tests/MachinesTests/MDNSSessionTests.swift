import Bytes
import Multiformats
import PeerIdentity
import TestSupport
import Testing

@testable import MulticastDNS

struct MDNSSessionTests {
    private static let address = "/ip4/10.0.0.1/tcp/4001"

    /// The strings of the TXT records of a message.
    private static func texts(_ message: DNSMessage) -> [String] {
        (message.answers + message.additionals).flatMap { record -> [String] in
            guard case .texts(let texts) = record.content else { return [] }
            return texts.compactMap(\.utf8Text)
        }
    }

    private static func query(_ questions: [DNSQuestion], knowing: [DNSRecord] = []) -> Bytes {
        var message = DNSMessage(isResponse: false)
        message.questions = questions
        message.answers = knowing
        return message.bytes
    }

    // MARK: Finding each other

    @Test func `two nodes find each other within a second`() throws {
        var network = MDNSNetwork()
        try network.add(["/ip4/10.0.0.1/tcp/4001"])
        try network.add(["/ip4/10.0.0.2/tcp/4001"])
        try network.run(for: .seconds(1))
        #expect(
            network.events[0] == [.discovered(MDNSNetwork.peer(1), [try Multiaddr("/ip4/10.0.0.2/tcp/4001")])])
        #expect(
            network.events[1] == [.discovered(MDNSNetwork.peer(0), [try Multiaddr("/ip4/10.0.0.1/tcp/4001")])])
    }

    @Test func `a peer that stays is told once, and one that vanishes is lost when its time is over`() throws {
        var network = MDNSNetwork()
        try network.add([Self.address])
        try network.add(["/ip4/10.0.0.2/tcp/4001"])
        try network.run(for: .seconds(1_000))
        #expect(network.events[0].count == 1)
        network.sessions.removeLast()
        try network.run(for: MDNSLimits.timeToLive + .seconds(1))
        #expect(network.events[0].last == .lost(MDNSNetwork.peer(1)))
        #expect(network.sessions[0].peerCount == 0)
    }

    @Test func `a node that ends takes back what it said, and only it can`() throws {
        var network = MDNSNetwork()
        try network.add([Self.address])
        try network.add(["/ip4/10.0.0.2/tcp/4001"])
        try network.run(for: .seconds(1))
        let farewell = try #require(network.sessions[1].farewells().first)
        func receive(from sender: Int) throws {
            try network.receive(farewell.bytes, from: sender)
        }
        try receive(from: 9)
        #expect(network.sessions[0].peerCount == 1)
        try receive(from: 1)
        #expect(network.events[0].last == .lost(MDNSNetwork.peer(1)))
    }

    @Test func `new addresses are announced without being asked for`() throws {
        var network = MDNSNetwork()
        try network.add([Self.address])
        try network.add(["/ip4/10.0.0.2/tcp/4001"])
        try network.run(for: .seconds(10))
        let queries = network.sent.count { !$0.message.isResponse }
        network.sessions[1].setAddresses(
            [try Multiaddr("/ip4/10.0.0.2/tcp/4002")], now: network.now, using: &network.generator)
        try network.run(for: .milliseconds(200))
        #expect(network.sent.count { !$0.message.isResponse } == queries)
        guard case .discovered(_, let addresses)? = network.events[0].last else {
            Issue.record("nothing was told")
            return
        }
        #expect(addresses.first?.description == "/ip4/10.0.0.2/tcp/4002")
    }

    // MARK: What is said

    @Test func `an answer has all that rust-libp2p and go-libp2p want of it`() throws {
        var network = MDNSNetwork()
        try network.add([Self.address, "/ip6/2001:db8::1/tcp/4001"])
        try network.run(for: .milliseconds(500))
        let answer = try #require(network.sent.first { $0.message.isResponse }?.message)
        let name = network.sessions[0].name
        #expect((32...63).contains(name.utf8.count))
        let instance = try DNSName([name]).under(MDNSNames.service)
        let host = try DNSName([name, "local"])
        #expect(answer.answers.map(\.content) == [.pointer(instance)])
        let texts = answer.additionals.filter { $0.type == .text }
        // go-libp2p keeps one TXT record alone.
        #expect(texts.map(\.name) == [instance])
        #expect(
            Self.texts(answer) == [
                "dnsaddr=\(Self.address)/p2p/\(MDNSNetwork.peer(0))",
                "dnsaddr=/ip6/2001:db8::1/tcp/4001/p2p/\(MDNSNetwork.peer(0))",
            ])
        // It passes over a peer whose host has no address.
        #expect(
            answer.additionals.contains { $0.content == .service(priority: 0, weight: 0, port: 4001, target: host) })
        #expect(answer.additionals.filter { $0.name == host }.map(\.type) == [.address, .address6])
    }

    @Test func `only what means something on the network is announced, the nearest first`() throws {
        var network = MDNSNetwork()
        try network.add([
            "/ip4/127.0.0.1/tcp/1", "/ip6/::1/tcp/1", "/ip4/192.168.7.7/tcp/1", "/ip4/10.0.0.1/tcp/1", "/memory/7",
            "/ip6/fe80::1/tcp/1", "/dns4/a.example/tcp/1", "/ip4/0.0.0.0/tcp/1", "/ip4/224.0.0.1/tcp/1",
            "/ip4/10.0.0.9/tcp/1/p2p/\(MDNSNetwork.peer(9))/p2p-circuit", "/ip4/10.0.0.1/udp/1/quic-v1",
        ])
        try network.run(for: .milliseconds(500))
        let answer = try #require(network.sent.first { $0.message.isResponse }?.message)
        #expect(
            Self.texts(answer).map { $0.split(separator: "/p2p/")[0] } == [
                "dnsaddr=/ip4/10.0.0.1/tcp/1", "dnsaddr=/ip4/10.0.0.1/udp/1/quic-v1", "dnsaddr=/ip4/192.168.7.7/tcp/1",
            ])
    }

    @Test func `a node without addresses for the network asks and does not answer`() throws {
        var network = MDNSNetwork()
        try network.add(["/ip4/127.0.0.1/tcp/1"])
        try network.run(for: .seconds(5))
        #expect(!network.sent.isEmpty)
        #expect(network.sent.allSatisfy { !$0.message.isResponse })
        #expect(network.sessions[0].farewells().isEmpty)
    }

    @Test func `an answer fits a frame however many addresses there are, and a string its 255 bytes`() throws {
        var network = MDNSNetwork()
        let long = "/ip4/10.0.0.1/tcp/1/sni/" + String(repeating: "a", count: 200)
        try network.add([long] + (0..<200).map { "/ip4/10.0.1.\($0)/tcp/4001" })
        try network.run(for: .milliseconds(500))
        let answer = try #require(network.sent.first { $0.message.isResponse }?.message)
        #expect(answer.bytes.count <= MDNSLimits.ownMessageSize)
        #expect(Self.texts(answer).count > 5)
        #expect(Self.texts(answer).allSatisfy { $0.utf8.count <= 255 })
    }

    // MARK: When it is said

    @Test func `queries come less and less often`() throws {
        var network = MDNSNetwork()
        try network.add([Self.address])
        try network.run(for: .seconds(3_600))
        let times = network.sent.filter { !$0.message.isResponse }.map(\.at)
        let gaps = zip(times, times.dropFirst()).map { $1 - $0 }
        #expect(gaps.first.map { $0 >= MDNSLimits.firstQueryInterval } == true)
        #expect(gaps.last.map { $0 >= MDNSLimits.lastQueryInterval } == true)
        #expect(zip(gaps, gaps.dropFirst()).allSatisfy { $1 >= $0 - .milliseconds(150) })
        #expect(times.count < 25)
    }

    @Test func `a flood of queries is answered once a second`() throws {
        var network = MDNSNetwork()
        try network.add([Self.address])
        try network.run(for: .seconds(100))
        let before = network.sent.count { $0.message.isResponse }
        for _ in 0..<1_000 {
            try network.receive(Self.query([DNSQuestion(MDNSNames.service, .pointer)]), from: 7)
            try network.run(for: .milliseconds(10))
        }
        let answers = network.sent.filter { $0.message.isResponse }.dropFirst(before)
        #expect((9...11).contains(answers.count))
        #expect(zip(answers, answers.dropFirst()).allSatisfy { $1.at - $0.at >= MDNSLimits.answerInterval })
    }

    @Test func `who knows the answer already gets none`() throws {
        var network = MDNSNetwork()
        try network.add([Self.address])
        try network.run(for: .seconds(70))
        let instance = try DNSName([network.sessions[0].name]).under(MDNSNames.service)
        func answers(knowing timeToLive: UInt32) throws -> Int {
            let before = network.sent.count { $0.message.isResponse }
            try network.receive(
                Self.query(
                    [DNSQuestion(MDNSNames.service, .pointer)],
                    knowing: [DNSRecord(MDNSNames.service, timeToLive: timeToLive, .pointer(instance))]),
                from: 7)
            try network.run(for: .seconds(2))
            return network.sent.count { $0.message.isResponse } - before
        }
        #expect(try answers(knowing: 300) == 0)
        #expect(try answers(knowing: 10) == 1)
    }

    @Test func `who asks for services or by name is answered, and who asks for something else is not`() throws {
        var network = MDNSNetwork()
        try network.add([Self.address])
        try network.run(for: .seconds(70))
        func answer(_ question: DNSQuestion) throws -> DNSMessage? {
            let before = network.sent.count
            try network.receive(Self.query([question]), from: 7)
            try network.run(for: .seconds(2))
            return network.sent.dropFirst(before).first { $0.message.isResponse }?.message
        }
        let instance = try DNSName([network.sessions[0].name]).under(MDNSNames.service)
        let services = try answer(DNSQuestion(MDNSNames.services, .pointer))
        #expect(
            services?.answers.contains { $0.name == MDNSNames.services && $0.content == .pointer(MDNSNames.service) }
                == true)
        #expect(try answer(DNSQuestion(instance, .text))?.answers.contains { $0.type == .text } == true)
        #expect(try answer(DNSQuestion(MDNSNames.service, .text)) == nil)
        #expect(try answer(DNSQuestion(DNSName(["_http", "_tcp", "local"]), .pointer)) == nil)
    }

    @Test func `a link that comes is asked at once, and one that goes is silent`() throws {
        var network = MDNSNetwork()
        try network.add([Self.address], links: [])
        #expect(network.sessions[0].nextDeadline == nil)
        network.sessions[0].setLinks([MDNSNetwork.link], now: network.now, using: &network.generator)
        try network.run(for: .milliseconds(200))
        #expect(network.sent.contains { !$0.message.isResponse })
        network.sessions[0].setLinks([], now: network.now, using: &network.generator)
        #expect(network.sessions[0].nextDeadline == nil)
    }
}
