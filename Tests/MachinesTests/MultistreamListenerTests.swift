import Bytes
import MultistreamSelect
import TestSupport
import Testing

@Suite struct MultistreamListenerTests {
    @Test func `a header and a proposal in one piece are answered in one piece`() throws {
        var listener = MultistreamListener()
        var input = BytesReader(Bytes(messages(multistreamHeader, "/noise")))
        #expect(try listener.receive(&input, accepts: { $0 == "/noise" }, list: { [] }) == "/noise")
        #expect(listener.takeOutput() == messages(multistreamHeader, "/noise"))
        #expect(listener.nextOutput() == nil)
    }

    @Test func `a dialer that waits for the header gets it before it proposes`() throws {
        var listener = MultistreamListener()
        #expect(try listener.feed([messages(multistreamHeader)], offers: ["/a"]).output == messages(multistreamHeader))
        #expect(try listener.feed([messages("/a")], offers: ["/a"]) == Fed(agreed: "/a", output: messages("/a")))
    }

    @Test func `nothing is sent before the header arrived`() throws {
        var listener = MultistreamListener()
        #expect(try listener.feed([[19, 0x2f]], offers: ["/a"]) == Fed())
    }

    @Test func `an agreement is found at every split point and the data behind it is left alone`() throws {
        let data: [UInt8] = messages("/other") + [0, 1, 2]
        for pieces in splits(messages(multistreamHeader, "/x", "ls", "/a") + data) {
            var listener = MultistreamListener()
            let fed = try listener.feed(pieces, offers: ["/a", "/bc"])
            #expect(fed.agreed == "/a")
            #expect(fed.unread == data)
            let listing: [UInt8] = [10, 3, 0x2f, 0x61, 10, 4, 0x2f, 0x62, 0x63, 10, 10]
            #expect(fed.output == messages(multistreamHeader, "na") + listing + messages("/a"))
        }
    }

    @Test func `a dialer that sends data with its only proposal is served`() throws {
        var listener = MultistreamListener()
        let data = [UInt8](repeating: 7, count: 5000)
        let fed = try listener.feed([messages(multistreamHeader, "/a") + data], offers: ["/a"])
        #expect(fed.agreed == "/a")
        #expect(fed.unread == data)
    }

    @Test func `a dialer that sent data with a proposal that is refused gets the refusal, and we the reason`() throws {
        var listener = MultistreamListener()
        var input = BytesReader(Bytes(messages(multistreamHeader, "/a") + [UInt8](repeating: 0xff, count: 50)))
        #expect(throws: MultistreamError.notOffered(lastProposal: "/a")) {
            try listener.receive(&input, accepts: { _ in false }, list: { [] })
        }
        #expect(listener.takeOutput() == messages(multistreamHeader, "na"))
    }

    @Test func `a peer that stops after a refusal is told from one that stops before it proposes`() throws {
        var listener = MultistreamListener()
        #expect(listener.errorAtEndOfInput == .ended)
        _ = try listener.feed([messages(multistreamHeader, "/a")], offers: [])
        #expect(listener.errorAtEndOfInput == .notOffered(lastProposal: "/a"))
        #expect(
            listener.errorAtEndOfInput.description == "the peer asked for a protocol that this node does not offer: /a")
    }

    @Test(arguments: ["/multistream/0.3.0", "/a", "ls", "na", "GET / HTTP/1.1", ""])
    func `a first message that is not the header ends the negotiation`(header: String) {
        var listener = MultistreamListener()
        #expect(throws: MultistreamError.wrongHeader(header)) { try listener.feed([messages(header)], offers: ["/a"]) }
    }

    @Test(arguments: ["na", "", multistreamHeader, "/a\n", "a", " /a", "/A"])
    func `words of the protocol and near misses are refused, not agreed on`(proposal: String) throws {
        var listener = MultistreamListener()
        let everything = ["/a", "na", "ls", "", multistreamHeader]
        let fed = try listener.feed([messages(multistreamHeader, proposal)], offers: everything)
        #expect(fed == Fed(agreed: nil, output: messages(multistreamHeader, "na")))
    }

    @Test func `a matcher decides about names that are not listed`() throws {
        var listener = MultistreamListener()
        var input = BytesReader(Bytes(messages(multistreamHeader, "/chat/1.7")))
        #expect(try listener.receive(&input, accepts: { $0.hasPrefix("/chat/1.") }, list: { [] }) == "/chat/1.7")
    }

    @Test func `a million unknown proposals end after the limit, with bounded output`() throws {
        var listener = MultistreamListener()
        let flood = (0..<1_000_000).lazy.map { _ in messages("/unknown") }
        _ = try listener.feed([messages(multistreamHeader)], offers: ["/a"])
        var asked = 0
        let error = #expect(throws: MultistreamError.self) {
            for proposal in flood {
                asked += 1
                _ = try listener.feed([proposal], offers: ["/a"])
            }
        }
        #expect(error == .tooManyRequests)
        #expect(asked == MultistreamLimits.refusedProposals + 1)
    }

    @Test func `as many refusals as the limit allows still lead to an agreement`() throws {
        var listener = MultistreamListener()
        let proposals = Array(repeating: messages("/x"), count: MultistreamLimits.refusedProposals).flatMap { $0 }
        let fed = try listener.feed([messages(multistreamHeader) + proposals + messages("/a")], offers: ["/a"])
        #expect(fed.agreed == "/a")
    }

    @Test func `never-ending listings end after the limit`() throws {
        var listener = MultistreamListener()
        _ = try listener.feed([messages(multistreamHeader, "ls", "ls", "ls", "ls")], offers: ["/a"])
        #expect(throws: MultistreamError.tooManyRequests) { try listener.feed([messages("ls")], offers: ["/a"]) }
    }

    @Test func `a listing stays within what the strictest peer reads`() throws {
        var listener = MultistreamListener()
        let offers = (0..<1000).map { "/protocol/\($0)" }
        let output = try listener.feed([messages(multistreamHeader, "ls")], offers: offers).output
        var reader = BytesReader(Bytes(output))
        #expect(try reader.readLengthPrefixed(limit: 1024) == Bytes(utf8: multistreamHeader + "\n"))
        var listing = BytesReader(try reader.readLengthPrefixed(limit: MultistreamLimits.messageSize))
        let behind = reader.remaining
        #expect(behind == 0)
        var names: [String] = []
        while listing.remaining > 1 {
            names.append(try #require(listing.readLengthPrefixed(limit: 1024).utf8Text))
        }
        let end = listing.readRest()
        #expect(end == [10])
        #expect(names.count > 50)
        #expect(names == offers.prefix(names.count).map { $0 + "\n" })
    }

    @Test func `a listing is filled to the last byte that the strictest peer reads`() throws {
        let first = "/" + String(repeating: "x", count: 899)
        for (count, isListed) in [(118, true), (119, false)] {
            var listener = MultistreamListener()
            let second = "/" + String(repeating: "y", count: count - 1)
            let output = try listener.feed([messages(multistreamHeader, "ls")], offers: [first, second]).output
            let names = messages(first) + (isListed ? messages(second) : [])
            #expect(output.suffix(names.count + 1) == (names + [10])[...])
            #expect(output.count == 20 + 2 + names.count + 1)
            #expect(!isListed || names.count + 1 == MultistreamLimits.messageSize)
        }
    }

    @Test func `a line of a mebibyte is refused by its length alone`() {
        for pieces in splits(messages(multistreamHeader) + [0x80, 0x80, 0x40]) {
            var listener = MultistreamListener()
            #expect(throws: MultistreamError.messageTooLong) { try listener.feed(pieces, offers: ["/a"]) }
        }
    }

    @Test func `a message one byte too long is refused, whole or in pieces`() {
        let proposal = "/" + String(repeating: "x", count: MultistreamLimits.messageSize - 1)
        for pieces in splits(messages(multistreamHeader, proposal)) {
            var listener = MultistreamListener()
            #expect(throws: MultistreamError.messageTooLong) { try listener.feed(pieces, offers: [proposal]) }
        }
    }

    @Test func `both sides agree when they write at the same time`() throws {
        var dialer = try MultistreamDialer(protocols: ["/a", "/b"])
        var listener = MultistreamListener()
        var toListener = dialer.takeOutput()
        for _ in 0..<4 {
            let answer = try listener.feed([toListener], offers: ["/b"])
            toListener = try dialer.feed([answer.output]).output
        }
        #expect(dialer.agreedProtocol == "/b")
        #expect(listener.agreedProtocol == "/b")
        #expect(toListener.isEmpty)
    }

    @Test func `random input never traps and never reads past an agreement`() throws {
        var generator = SeededGenerator(seed: 2)
        let valid = messages(multistreamHeader, "/x", "ls", "/a")
        var agreements = 0
        for _ in 0..<20_000 {
            var listener = MultistreamListener()
            var bytes = valid + Array(generator.bytes(Int.random(in: 0..<8, using: &generator)))
            for _ in 0..<Int.random(in: 0..<3, using: &generator) {
                bytes[Int.random(in: 0..<bytes.count, using: &generator)] = UInt8.random(in: 0...255, using: &generator)
            }
            let cut = Int.random(in: 0...bytes.count, using: &generator)
            guard let fed = try? listener.feed([Array(bytes[..<cut]), Array(bytes[cut...])], offers: ["/a"]) else {
                continue
            }
            guard let agreed = fed.agreed else { continue }
            agreements += 1
            #expect(bytes.dropLast(fed.unread.count).suffix(agreed.utf8.count + 2) == messages(agreed)[...])
        }
        #expect(agreements > 1000)
    }
}
