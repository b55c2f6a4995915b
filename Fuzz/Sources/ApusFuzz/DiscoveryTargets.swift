import Bytes
import Multiformats
import PeerIdentity

@testable import EventLoop
@testable import MulticastDNS

extension FuzzTarget {
    /// A DNS message: one that is read is written and read again, and a node on a network hears it.
    static let mdns = FuzzTarget(name: "mdns") { input in
        if let message = try? DNSMessage(reading: input) {
            let bytes = message.bytes
            if bytes.count <= MDNSLimits.messageSize {
                precondition((try? DNSMessage(reading: bytes)) == message, "what was read is written and read alike")
            }
            for record in message.answers { precondition(record.name.description.utf8.count >= 0) }
        }
        hear(input)
    } seeds: {
        var query = DNSMessage(isResponse: false)
        query.questions = [DNSQuestion(MDNSNames.service, .pointer), DNSQuestion(MDNSNames.services, .any)]
        var generator = FixedGenerator(seed: 2)
        var session = MDNSSession(peer: FixedKeys.other.peerID, using: &generator)
        session.setLinks([link], now: .zero, using: &generator)
        session.setAddresses(
            [try Multiaddr("/ip4/10.0.0.2/tcp/4001"), try Multiaddr("/ip6/2001:db8::2/tcp/4001")], now: .zero,
            using: &generator)
        var seeds = [query.bytes]
        while let deadline = session.nextDeadline, seeds.count < 4 {
            while let (_, bytes) = session.nextDatagram(now: deadline, using: &generator) { seeds.append(bytes) }
        }
        // Names that point back (RFC 1035, section 4.1.4), as rust-libp2p's and Avahi's do.
        let compressed =
            [0, 0, 0x84, 0, 0, 0, 0, 1, 0, 0, 0, 1, 4] + Array("_p2p".utf8) + [4] + Array("_udp".utf8) + [5]
            + Array("local".utf8) + [0, 0, 12, 0x80, 1, 0, 0, 0, 9, 0, 7, 4] + Array("peer".utf8) + [0xc0, 12]
            + [0xc0, 39, 0, 16, 0, 1, 0, 0, 0, 9, 0, 2, 1, 65]
        return seeds + [Bytes(compressed)]
    }

    private static let link = MDNSLink(interface: 2, isIPv6: false, addresses: [.v4(IPv4Address(10, 0, 0, 1))])

    private static func hear(_ input: Bytes) {
        var generator = FixedGenerator(seed: 1)
        var session = MDNSSession(peer: FixedKeys.signer.peerID, using: &generator)
        session.setLinks([link], now: .zero, using: &generator)
        session.setAddresses([Multiaddr(.v4(IPv4Address(10, 0, 0, 1)), tcp: 4001)], now: .zero, using: &generator)
        try? session.receive(
            input, from: .v4(IPv4Address(10, 0, 0, 3)), on: link, now: .zero, using: &generator)
        precondition(session.peerCount <= MDNSLimits.peersPerSender, "a sender has so many peers and no more")
        while let event = session.nextEvent(now: .zero) {
            guard case .discovered(_, let addresses) = event else { continue }
            precondition(!addresses.isEmpty && addresses.count <= MDNSLimits.addressesPerPeer)
        }
        while let (_, bytes) = session.nextDatagram(now: Instant(nanoseconds: 200_000_000), using: &generator) {
            precondition(bytes.count <= MDNSLimits.ownMessageSize, "an answer fits a frame")
        }
    }

    /// The kernel's messages about links and addresses.
    static let routeMessages = FuzzTarget(name: "route-messages") { input in
        let changes = input.withUnsafeBytes { RouteMessages.changes(in: $0) }
        precondition(changes.count <= input.count / 16, "a message has 16 bytes at least")
        for case .address(let address, _, _) in changes { precondition([4, 16].contains(address.count)) }
    } seeds: {
        let header: [UInt8] = [0, 0, 0, 0, 0, 0, 0, 0, 0, 0]
        let address = [32, 0, 0, 0, 20, 0] + header + [2, 24, 0, 0, 3, 0, 0, 0] + [8, 0, 1, 0, 10, 0, 0, 1]
        let link = [32, 0, 0, 0, 16, 0] + header + [0, 0, 1, 0, 4, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]
        return [Bytes(address), Bytes(link), Bytes(address + link)]
    }
}
