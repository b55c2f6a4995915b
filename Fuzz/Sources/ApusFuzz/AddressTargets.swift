import Bytes
import Multiformats

extension FuzzTarget {
    /// A multiaddr, as bytes and as text; one that is read is written and read again.
    static let multiaddr = FuzzTarget(name: "multiaddr") { input in
        if let address = try? Multiaddr(bytes: input) { checkRoundTrip(address) }
        if let text = input.utf8Text, let address = try? Multiaddr(text) { checkRoundTrip(address) }
    } seeds: {
        let texts = [
            "/ip4/127.0.0.1/tcp/4001", "/ip6/2001:db8::1/udp/4001/quic-v1/webtransport",
            "/dns4/example.com/tcp/443/tls/ws/p2p/12D3KooWD3eckifWpRn9wQpMG9R9hX3sD158z7EqHWmweQAJU5SA",
            "/ip4/1.2.3.4/tcp/1/p2p/QmcgpsyWgH8Y8ajJz1Cu72KnS5uo2Aa2LpzU7kinSupNKC/p2p-circuit", "/unix/tmp%2Fa.sock",
            "/ip6zone/eth0/ip6/fe80::1/tcp/80", "/ip4/10.0.0.0/ipcidr/8", "/dnsaddr/bootstrap.libp2p.io",
        ]
        return try texts.flatMap { [Bytes(utf8: $0), try Multiaddr($0).bytes] }
    }

    private static func checkRoundTrip(_ address: Multiaddr) {
        precondition((try? Multiaddr(bytes: address.bytes)) == address, "the bytes of an address are the address")
        precondition((try? Multiaddr(address.description)) == address, "the text of an address is the address")
        for component in address.components { precondition(component.text.utf8.count >= 0) }
    }

    /// Multihashes, CIDs and multibase texts.
    static let cid = FuzzTarget(name: "cid") { input in
        if let multihash = try? Multihash(bytes: input) {
            precondition((try? Multihash(bytes: multihash.bytes)) == multihash)
        }
        _ = try? Multihash(peerID: input)
        if let cid = try? CID(bytes: input) {
            precondition((try? CID(bytes: cid.bytes)) == cid)
            precondition((try? CID(cid.description)) == cid)
        }
        guard let text = input.utf8Text else { return }
        _ = try? Multihash(base58: text)
        _ = try? Multihash(peerID: text)
        if let cid = try? CID(text) { precondition((try? CID(bytes: cid.bytes)) == cid) }
        if let (base, bytes) = try? Multibase.decode(text) {
            precondition((try? Multibase.decode(base.encode(bytes)))?.bytes == bytes)
        }
    } seeds: {
        let texts = [
            "QmcgpsyWgH8Y8ajJz1Cu72KnS5uo2Aa2LpzU7kinSupNKC",
            "bafybeigdyrzt5sfp7udm7hu76uh7y26nf3efuylqabf3oclgtqy55fbzdi",
            "zb2rhe5P4gXftAwvA4eXQ5HJwsER2owDyS9sKaQRRVQPn93bA",
            "f01551220e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
        ]
        let cids = try texts.map { try CID($0) }
        return texts.map { Bytes(utf8: $0) } + cids.map(\.bytes) + cids.map(\.multihash.bytes)
            + [Bytes(utf8: "uAQIDBA"), Bytes(utf8: "MAQIDBA==")]
    }
}
