import Bytes
import Multiformats
import Testing

struct MultiaddrTests {
    private static let peer = "12D3KooWDpJ7As7BWAwRMfu1VU2WCqNjvq387JEYKDBj4kx6nXTN"

    @Test(
        arguments: [
            ("/ip4/300.1.1.1/tcp/4001", #""300.1.1.1" is not an IPv4 address"#),
            ("/ip6/::g/tcp/4001", #""::g" is not an IPv6 address"#),
            ("/ip4/1.2.3.4/tcp/70000", #""70000" is not a port (0 to 65535)"#),
            ("/ip4/1.2.3.4/tcp/+1", #""+1" is not a port (0 to 65535)"#),
            ("/ip4/1.2.3.4/tcp", "/tcp must be followed by a value"),
            ("/ip4/1.2.3.4/tcpp/1", #""tcpp" is not the name of a protocol"#),
            ("/ip4/1.2.3.4//tcp/1", #""" is not the name of a protocol"#),
            ("ip4/1.2.3.4", #"it does not begin with "/""#),
            ("", "it is empty"),
            ("///", "it is empty"),
            ("/ip4/1.2.3.4/ipcidr/256", #""256" is not a prefix length (0 to 255)"#),
            ("/dns4//tcp/1", #""" is not a name"#),
            ("/dns4/a\nb/tcp/1", #""a\nb" is not a name"#),
            ("/unix", "/unix must be followed by a value"),
            ("/unix/a\u{7f}", #""/a\u{7F}" is not an absolute path of a file"#),
            (
                "/p2p/tcp",
                #""tcp" is not a peer ID in base 58, nor one as a CID: "#
                    + "the text has a length or padding that base32hexpad never has"
            ),
            (
                "/p2p/zb2rhhFAEMepUbBGyP1k8tGfz7BSciKXP6GHuUeUsJBaK6cqG",
                #""zb2rhhFAEMepUbBGyP1k8tGfz7BSciKXP6GHuUeUsJBaK6cqG" is not a peer ID in base 58, nor one as a CID: "#
                    + "the CID has the codec raw instead of libp2p-key"
            ),
            (
                "/udp/1/webtransport/certhash/uAAB",
                #""uAAB" is not a certificate hash: the last character of the base64url text has bits that stand for nothing"#
            ),
            ("/http-path/a%2", #""a%2" is not a percent-encoded path"#),
            ("/http-path/%zz", #""%zz" is not a percent-encoded path"#),
            ("/memory/-1", #""-1" is not a memory address (a number of 64 bits)"#),
            ("/onion/timaq4ygg2iegci7:0", #"0 is not the port of an onion service"#),
            ("/onion/timaq4ygg2iegci7", #""timaq4ygg2iegci7" is not an onion address, a colon and a port"#),
            ("/onion/timaq4yg:1", #""timaq4yg:1" is not an onion address of 10 bytes and a port"#),
            (
                "/onion3/1:1",
                #""1:1" is not an onion address and port: "1" is not a character of base32"#
            ),
            ("/garlic64/AAAA", "a text for 3 bytes is not an I2P destination: it has at least 386"),
            ("/garlic32/aaaa", "a text for 2 bytes is not an I2P hash: it has 32, or 35 and more"),
            ("/garlic32/aa1a", #""aa1a" is not an I2P address: "1" is not a character of base32"#),
        ])
    func `an error says which component is wrong and why`(text: String, reason: String) throws {
        let error = try #require(throws: MultiaddrError.self) { try Multiaddr(text) }
        #expect(error.description == "\(text.debugDescription) is not a multiaddr: \(reason)")
    }

    @Test(
        arguments: [
            ([], "\"\" is not a multiaddr: it is empty"),
            ([0x04, 1, 2], "0x040102 is not a multiaddr: the input ends too early"),
            ([0x05], "0x05 is not a multiaddr: 5 is not the code of a protocol"),
            ([0x84, 0x00, 0, 1], "0x84000001 is not a multiaddr: a varint is not in its shortest form"),
            ([0x36, 0x02, 0xff, 0xff], "0x3602ffff is not a multiaddr: 0xffff is not a name in UTF-8"),
            ([0x36, 0x02, 0x61, 0x2f], "0x3602612f is not a multiaddr: \"a/\" is not a name"),
            ([0x36, 0x81, 0x08], "0x368108 is not a multiaddr: a length is above the limit of 1024 bytes"),
            (
                [0x90, 0x03, 0x02, 0x2f, 0x61, 0x06, 0, 1],
                "0x9003022f61060001 is not a multiaddr: a component follows a path"
            ),
            ([0x90, 0x03, 0x01, 0x61], "0x90030161 is not a multiaddr: \"a\" is not an absolute path of a file"),
            (
                [0x90, 0x03, 0x03, 0x2f, 0x61, 0x2f],
                "0x9003032f612f is not a multiaddr: \"/a/\" is not an absolute path of a file"
            ),
            (
                [0xa5, 0x03, 0x02, 0x00, 0x01],
                "0xa503020001 is not a multiaddr: 0x0001 is not a peer ID: the input ends too early"
            ),
        ] as [(Bytes, String)])
    func `an error about bytes shows them`(bytes: Bytes, description: String) throws {
        let error = try #require(throws: MultiaddrError.self) { try Multiaddr(bytes: bytes) }
        #expect(error.description == description)
    }

    @Test func `an error shows only the start of a long text`() throws {
        let text = "/dns/" + String(repeating: "a", count: 3_000) + "/nothing"
        let error = try #require(throws: MultiaddrError.self) { try Multiaddr(text) }
        #expect(error.input.count == 131)
        #expect(error.input.hasSuffix("a…\""))
    }

    @Test(
        arguments: [
            ("/ip6/2001:DB8:0:0:0::1/tcp/04001", "/ip6/2001:db8::1/tcp/4001"),
            ("/ip6/::ffff:7f00:1/tcp/1/", "/ip6/::ffff:127.0.0.1/tcp/1"),
            ("/ipfs/\(Self.peer)", "/p2p/\(Self.peer)"),
            ("/onion/TIMAQ4YGG2IEGCI7:80", "/onion/timaq4ygg2iegci7:80"),
            ("/http-path/a%2fb%20c+d~", "/http-path/a%2Fb%20c%2Bd~"),
            ("/http-path/%c3%a9%ff", "/http-path/%C3%A9%FF"),
            ("/http-path/é", "/http-path/%C3%A9"),
            (
                "/udp/1/webrtc-direct/certhash/f122000000000000000000000000000000000000000000000000000000000000000ff",
                "/udp/1/webrtc-direct/certhash/uEiAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA_w"
            ),
            ("/unix/a//b///", "/unix/a//b"),
            ("/dns/é/tcp/1", "/dns/é/tcp/1"),
        ])
    func `a text that could be written otherwise is printed in one form`(text: String, canonical: String) throws {
        let address = try Multiaddr(text)
        #expect(address.description == canonical)
        #expect(try Multiaddr(canonical) == address)
        #expect(try Multiaddr(canonical).hashValue == address.hashValue)
    }

    @Test func `a combining character does not hide a slash`() throws {
        #expect(throws: MultiaddrError.self) { try Multiaddr("/ip4/1.2.3.4/\u{301}tcp/1") }
        #expect(try Multiaddr("/dns/a/\u{74}cp/1").components.count == 2)
        #expect(try Multiaddr("/dns/\u{301}/tcp/1").components.map(\.text) == ["\u{301}", "1"])
    }

    @Test func `every protocol of the table has its own name`() {
        let names = MultiaddrProtocol.allCases.map(\.name)
        #expect(names.count == 40)
        #expect(Set(names).count == names.count)
        for proto in MultiaddrProtocol.allCases {
            #expect(MultiaddrProtocol(name: proto.name) == proto)
        }
        #expect(MultiaddrProtocol(name: "ipfs") == .p2p)
        #expect(MultiaddrProtocol(name: "IP4") == nil)
    }

    @Test func `an address keeps nothing of the message that it came in`() throws {
        let message = Bytes(Array(repeating: 4, count: 1 << 16))
        let address = try Multiaddr(bytes: message[100..<110])
        #expect(address.description == "/ip4/4.4.4.4/ip4/4.4.4.4")
        #expect(address.bytes.retainedCapacity == 10)
    }

    @Test func `an address has at most 1,024 bytes and 32 components`() throws {
        let longest = try Multiaddr("/http-path/" + String(repeating: "%ff", count: 1_024 - 4))
        #expect(longest.bytes.count == 1_024)
        #expect(try Multiaddr(longest.description) == longest)
        #expect(try Multiaddr(bytes: longest.bytes) == longest)
        let tooLong = try #require(throws: MultiaddrError.self) {
            try Multiaddr("/http-path/" + String(repeating: "a", count: 1_024 - 3))
        }
        #expect(tooLong.reason == .tooLong(limit: 1_024))
        let bytes = Bytes(Array(longest.bytes) + [0x06, 0, 1])
        #expect(
            try #require(throws: MultiaddrError.self) { try Multiaddr(bytes: bytes) }.reason == .tooLong(limit: 1_024))
        let text = "/dns/" + String(repeating: "a", count: 4_092)
        #expect(try #require(throws: MultiaddrError.self) { try Multiaddr(text) }.reason == .tooLong(limit: 4_096))

        let most = try Multiaddr(String(repeating: "/p2p-websocket-star", count: 32))
        #expect(most.components.count == 32)
        #expect(try Multiaddr(bytes: most.bytes) == most)
        let reason = MultiaddrError.Reason.tooManyComponents(limit: 32)
        #expect(try #require(throws: MultiaddrError.self) { try most.encapsulating(most) }.reason == reason)
        #expect(try #require(throws: MultiaddrError.self) { try most.appending(.tls) }.reason == reason)
        let more = Bytes(Array(most.bytes) + [0xdd, 0x03])
        #expect(try #require(throws: MultiaddrError.self) { try Multiaddr(bytes: more) }.reason == reason)
    }

    @Test func `a component is made from text, from bytes and from values`() throws {
        #expect(try MultiaddrComponent(.tcp, "4001") == .tcp(4_001))
        #expect(try MultiaddrComponent(.tcp, value: [0x0f, 0xa1]) == .tcp(4_001))
        #expect(MultiaddrComponent.tcp(4_001).description == "/tcp/4001")
        #expect(MultiaddrComponent.tcp(4_001).port == 4_001)
        #expect(MultiaddrComponent.ip(.v6(.loopback)).description == "/ip6/::1")
        #expect(MultiaddrComponent.ip(.v6(.loopback)).ipAddress == .v6(.loopback))
        #expect(MultiaddrComponent.memory(7).port == nil)
        #expect(try MultiaddrComponent(.unix, "/run/apus").description == "/unix/run/apus")
        #expect(try MultiaddrComponent(.tls, "") == .tls)
        #expect(throws: MultiaddrError.self) { try MultiaddrComponent(.tls, "x") }
        #expect(throws: MultiaddrError.self) { try MultiaddrComponent(.tcp, value: [1]) }
        #expect(throws: MultiaddrError.self) { try MultiaddrComponent(.tls, value: [1]) }
        #expect(throws: MultiaddrError.self) { try MultiaddrComponent(.dns, "a/b") }
        #expect(throws: MultiaddrError.self) { try MultiaddrComponent.p2p([1, 2, 3]) }
        #expect(throws: MultiaddrError.self) { try Multiaddr([] as [MultiaddrComponent]) }
        #expect(throws: MultiaddrError.self) {
            try Multiaddr([try MultiaddrComponent(.unix, "/a"), .tcp(1)])
        }
    }
}
