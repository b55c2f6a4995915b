import Bytes
import MultistreamSelect
import TestSupport
import Testing

@Suite struct MultistreamDialerTests {
    @Test func `the header and the first proposal go out in one piece`() throws {
        var dialer = try MultistreamDialer(protocols: ["/noise", "/tls/1.0.0"])
        #expect(dialer.takeOutput() == messages(multistreamHeader, "/noise"))
        #expect(dialer.nextOutput() == nil)
    }

    @Test func `an agreement is found at every split point and the data behind it is left alone`() throws {
        let data: [UInt8] = [3, 0x6e, 0x61, 0x0a, 0, 255]
        for pieces in splits(messages(multistreamHeader, "/noise") + data) {
            var dialer = try MultistreamDialer(protocols: ["/noise"])
            let fed = try dialer.feed(pieces)
            #expect(fed == Fed(agreed: "/noise", output: messages(multistreamHeader, "/noise"), unread: data))
            #expect(dialer.agreedProtocol == "/noise")
        }
    }

    @Test func `a refusal brings the next proposal at every split point`() throws {
        for pieces in splits(messages(multistreamHeader, "na", "/b/2")) {
            var dialer = try MultistreamDialer(protocols: ["/a/1", "/b/2", "/c/3"])
            let fed = try dialer.feed(pieces)
            #expect(fed.agreed == "/b/2")
            #expect(fed.output == messages(multistreamHeader, "/a/1", "/b/2"))
            #expect(fed.unread == [])
        }
    }

    @Test func `a listener that writes its header first is understood`() throws {
        var dialer = try MultistreamDialer(protocols: ["/a"])
        var early = BytesReader(Bytes(messages(multistreamHeader)))
        #expect(try dialer.receive(&early) == nil)
        #expect(dialer.takeOutput() == messages(multistreamHeader, "/a"))
        #expect(try dialer.feed([messages("/a")]).agreed == "/a")
    }

    @Test func `when every proposal is refused the error names them all`() throws {
        var dialer = try MultistreamDialer(protocols: ["/noise", "/tls/1.0.0"])
        let error = #expect(throws: MultistreamError.self) {
            try dialer.feed([messages(multistreamHeader, "na", "na")])
        }
        #expect(error == .refused(proposals: ["/noise", "/tls/1.0.0"]))
        #expect(error?.description == "the peer offers none of the protocols /noise, /tls/1.0.0")
    }

    @Test func `the only proposal left may be followed by data before the answer`() throws {
        var dialer = try MultistreamDialer(protocols: ["/a", "/b"])
        #expect(dialer.onlyProposalLeft == nil)
        _ = try dialer.feed([messages(multistreamHeader, "na")])
        #expect(dialer.onlyProposalLeft == "/b")
        #expect(try dialer.feed([messages("/b")]).agreed == "/b")
    }

    @Test func `an early dialer that is refused learns it from the answer`() throws {
        var dialer = try MultistreamDialer(protocols: ["/a"])
        #expect(dialer.onlyProposalLeft == "/a")
        #expect(throws: MultistreamError.refused(proposals: ["/a"])) {
            try dialer.feed([messages(multistreamHeader, "na")])
        }
    }

    @Test(arguments: ["/multistream/0.3.0", "/a", "na", "", "/multistream/1.0.0 "])
    func `a first message that is not the header ends the negotiation`(header: String) throws {
        var dialer = try MultistreamDialer(protocols: ["/a"])
        #expect(throws: MultistreamError.wrongHeader(header)) { try dialer.feed([messages(header)]) }
    }

    @Test(arguments: ["/b", "/", "/a/1", "ls", multistreamHeader, "na ", ""])
    func `an answer to another proposal is an error`(answer: String) throws {
        var dialer = try MultistreamDialer(protocols: ["/a", "/b"])
        #expect(throws: MultistreamError.unexpectedAnswer(answer, to: "/a")) {
            try dialer.feed([messages(multistreamHeader, answer)])
        }
    }

    @Test func `an answer is compared by its bytes and not by its appearance`() throws {
        var dialer = try MultistreamDialer(protocols: ["/caf\u{e9}"])
        #expect(throws: MultistreamError.unexpectedAnswer("/cafe\u{301}", to: "/caf\u{e9}")) {
            try dialer.feed([messages(multistreamHeader, "/cafe\u{301}")])
        }
    }

    @Test(arguments: [
        ([0], MultistreamError.malformedMessage),  // no newline, since there is nothing
        ([2, 0x6e, 0x61], .malformedMessage),  // no newline at the end
        ([3, 0xff, 0xfe, 0x0a], .malformedMessage),  // not UTF-8
        ([0x83, 0x00, 0x6e, 0x61, 0x0a], .malformedMessage),  // a length that is not in its shortest form
        ([0x81, 0x08], .messageTooLong),  // 1,025 bytes
        ([0x80, 0x80, 0x40], .messageTooLong),  // 1 MiB
        ([UInt8](repeating: 0xff, count: 8) + [0x7f], .messageTooLong),  // 2^63 - 1
        ([UInt8](repeating: 0xff, count: 9), .malformedMessage),
    ])
    func `a malformed message is refused at every split point`(bytes: [UInt8], expected: MultistreamError) throws {
        for pieces in splits(messages(multistreamHeader) + bytes) {
            var dialer = try MultistreamDialer(protocols: ["/a"])
            #expect(throws: expected) { try dialer.feed(pieces) }
        }
    }

    @Test func `the longest message is read and one byte more is not`() throws {
        let longest = "/" + String(repeating: "x", count: MultistreamLimits.messageSize - 2)
        for pieces in splits(messages(multistreamHeader, longest)) {
            var dialer = try MultistreamDialer(protocols: [longest])
            #expect(try dialer.feed(pieces).agreed == longest)
        }
        #expect(throws: MultistreamError.invalidProtocolName(longest + "x")) {
            try MultistreamDialer(protocols: [longest + "x"])
        }
    }

    @Test(arguments: ["", "na", "ls", "/multistream/1.0.0", "/a\n/b"])
    func `a name that the peer would take for something else is not proposed`(name: String) {
        #expect(throws: MultistreamError.invalidProtocolName(name)) {
            try MultistreamDialer(protocols: ["/a", name])
        }
    }

    @Test func `a dialer without protocols is an error and not a hang`() {
        #expect(throws: MultistreamError.nothingToPropose) { try MultistreamDialer(protocols: []) }
    }

    @Test func `a machine that is done reads nothing more`() throws {
        var dialer = try MultistreamDialer(protocols: ["/a"])
        _ = try dialer.feed([messages(multistreamHeader, "/a")])
        #expect(try dialer.feed([[1, 2, 3]]) == Fed(agreed: "/a", unread: [1, 2, 3]))
    }

    @Test func `what a peer sent cannot control the terminal that shows the error`() {
        let error = MultistreamError.wrongHeader("\u{1b}[2J" + String(repeating: "x", count: 1000))
        #expect(!error.description.unicodeScalars.contains("\u{1b}"))
        #expect(error.description.count < 300)
        #expect(MultistreamError.refused(proposals: ["/a"]).description == "the peer does not offer the protocol /a")
    }

    @Test func `random input never traps and never reads past an agreement`() throws {
        var generator = SeededGenerator(seed: 1)
        let valid = messages(multistreamHeader, "na", "/b")
        var agreements = 0
        for _ in 0..<20_000 {
            var dialer = try MultistreamDialer(protocols: ["/a", "/b"])
            var bytes = valid + Array(generator.bytes(Int.random(in: 0..<8, using: &generator)))
            for _ in 0..<Int.random(in: 0..<3, using: &generator) {
                bytes[Int.random(in: 0..<bytes.count, using: &generator)] = UInt8.random(in: 0...255, using: &generator)
            }
            let cut = Int.random(in: 0...bytes.count, using: &generator)
            guard let fed = try? dialer.feed([Array(bytes[..<cut]), Array(bytes[cut...])]) else { continue }
            guard let agreed = fed.agreed else { continue }
            agreements += 1
            #expect(bytes.dropLast(fed.unread.count).suffix(agreed.utf8.count + 2) == messages(agreed)[...])
        }
        #expect(agreements > 1000)
    }
}
