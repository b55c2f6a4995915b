import Bytes
import Multiformats
import PeerIdentity

/// What a node says of itself on one link, within `MDNSLimits.ownMessageSize`.
///
/// All addresses stand in one TXT record, since go-libp2p looks at one alone, each in a string of its own; and the records
/// SRV and A or AAAA come with it, for go-libp2p passes over a peer whose host has no address.
struct MDNSAnnouncement {
    /// `PTR`, from the service to the peer's name.
    private let pointer: DNSRecord
    /// Everything else.
    private let details: [DNSRecord]

    /// What is said of `addresses`, as far as they mean something on `link`; nil where none does.
    init?(
        peer: PeerID, instance: DNSName, host: DNSName, addresses: [Multiaddr], on link: MDNSLink, isFarewell: Bool
    ) {
        let timeToLive = isFarewell ? 0 : UInt32(clamping: MDNSLimits.timeToLive.components.seconds)
        self.pointer = DNSRecord(MDNSNames.service, timeToLive: timeToLive, .pointer(instance))
        let carried = addresses.filter(link.carries)
        // Who is on the link reaches the interface's own addresses first.
        let near = carried.filter { $0.ipAddress.map(link.addresses.contains) == true }
        let ordered = near + carried.filter { !near.contains($0) }
        var records: [DNSRecord] = []
        guard let port = ordered.lazy.compactMap({ $0.endpoint?.port }).first else { return nil }
        records.append(
            DNSRecord(
                instance, isUnique: true, timeToLive: timeToLive,
                .service(priority: 0, weight: 0, port: port, target: host)))
        for isIPv6 in [false, true] {
            let ip = ordered.lazy.compactMap(\.ipAddress).first {
                if case .v6 = $0 { isIPv6 } else { !isIPv6 }
            }
            if let ip {
                records.append(DNSRecord(host, isUnique: true, timeToLive: timeToLive, .address(ip)))
            }
        }
        var message = DNSMessage(isResponse: true)
        message.answers = [self.pointer, DNSRecord(instance, timeToLive: timeToLive, .texts([]))] + records
        var room = MDNSLimits.ownMessageSize - message.bytes.count
        let texts = ordered.compactMap { Self.text($0, of: peer) }.prefix { text in
            room -= text.count + 1
            return room >= 0
        }
        guard !texts.isEmpty else { return nil }
        self.details =
            [DNSRecord(instance, isUnique: true, timeToLive: timeToLive, .texts(Array(texts)))] + records
    }

    /// `dnsaddr=` and the address with the peer, where a string can hold it.
    private static func text(_ address: Multiaddr, of peer: PeerID) -> Bytes? {
        guard let whole = try? address.appending(peer) else { return nil }
        let text = Bytes(utf8: "dnsaddr=\(whole)")
        return text.count <= MDNSLimits.textSize ? text : nil
    }

    /// The answer to who asks for peers; who asks for the details by their names gets them as answers, too.
    func message(answersDetails: Bool, services: Bool) -> DNSMessage {
        var message = DNSMessage(isResponse: true)
        message.answers = [self.pointer]
        if services {
            message.answers.append(
                DNSRecord(
                    MDNSNames.services, timeToLive: self.pointer.timeToLive, .pointer(MDNSNames.service)))
        }
        if answersDetails { message.answers += self.details } else { message.additionals = self.details }
        return message
    }
}
