import Bytes
import Multiformats
import PeerIdentity

/// What a response says of peers (discovery/mdns.md, "Response").
enum MDNSAnswers {
    struct Peer: Hashable {
        var id: PeerID
        /// Without the peer, at least one.
        var addresses: [Multiaddr]
        /// How long it holds; zero where the peer says goodbye.
        var timeToLive: Duration
    }

    /// The peers of `message` that `link` carries addresses of, in the order of their names. Of a name that has addresses
    /// of several peers the first peer counts.
    static func peers(in message: DNSMessage, on link: MDNSLink) -> [Peer] {
        var places: [DNSName: Int] = [:]
        var lifetimes: [Duration] = []
        for record in message.answers where record.name == MDNSNames.service {
            guard case .pointer(let instance) = record.content, places[instance] == nil else { continue }
            places[instance] = lifetimes.count
            lifetimes.append(min(.seconds(Int64(record.timeToLive)), MDNSLimits.longestTimeToLive))
        }
        var peers = [Peer?](repeating: nil, count: lifetimes.count)
        for record in message.answers + message.additionals {
            guard case .texts(let texts) = record.content, let place = places[record.name] else { continue }
            for text in texts {
                guard let (address, id) = Self.address(in: text), Defence.mdnsLinks.holds(link.carries(address)) else {
                    continue
                }
                var peer = peers[place] ?? Peer(id: id, addresses: [], timeToLive: lifetimes[place])
                guard peer.id == id, peer.addresses.count < MDNSLimits.addressesPerPeer,
                    !peer.addresses.contains(address)
                else { continue }
                peer.addresses.append(address)
                peers[place] = peer
            }
        }
        return peers.compactMap { $0 }
    }

    /// The address and the peer of a string `dnsaddr=…/p2p/…`.
    private static func address(in text: Bytes) -> (Multiaddr, PeerID)? {
        guard text.starts(with: Self.key), let string = text[Self.key.count..<text.count].utf8Text,
            let whole = try? Multiaddr(string), let id = whole.peerID, let address = whole.withoutPeerID
        else { return nil }
        return (address, id)
    }

    private static let key = Bytes(utf8: "dnsaddr=")
}
