import Multiformats

/// In which order the addresses of one peer are tried, and how long each waits for those before it to succeed.
///
/// It follows RFC 8305, sections 4 and 5, and go-libp2p's ranker: addresses of the own networks come first, then public ones,
/// then relays; QUIC before TCP before the rest; of each, IPv6 and IPv4 in turn, one of either first and then all others.
struct DialRanker {
    /// An address, and how long after the first it is to be tried.
    struct Entry: Hashable, Sendable {
        let address: Multiaddr
        let delay: Duration
    }

    /// How long an attempt is waited for before the next begins, as in go-libp2p (RFC 8305, section 5, has 250 ms, too).
    static let publicDelay: Duration = .milliseconds(250)
    static let localDelay: Duration = .milliseconds(30)
    /// The same where the transport is neither QUIC nor TCP alone.
    static let publicOtherDelay: Duration = .seconds(1)
    static let localOtherDelay: Duration = .milliseconds(100)
    /// How long direct addresses have before relays are tried.
    static let relayDelay: Duration = .milliseconds(500)

    /// The addresses in the order in which they are to be tried, none left out.
    static func rank(_ addresses: [Multiaddr]) -> [Entry] {
        // A single address waits for nothing.
        guard addresses.count > 1 else { return addresses.map { Entry(address: $0, delay: .zero) } }
        let relayed = addresses.filter(\.isCircuit)
        let direct = addresses.filter { !$0.isCircuit }
        let local = direct.filter { !$0.isPublic }
        var entries = self.entries(local, isLocal: true, after: .zero)
        // Whoever is in the same network is reached within this time, and better there than through a router.
        entries += self.entries(
            direct.filter(\.isPublic), isLocal: false, after: local.isEmpty ? .zero : self.localDelay)
        let relayStart = direct.isEmpty ? .zero : self.relayDelay
        entries += self.entries(relayed.filter { !$0.isPublic }, isLocal: true, after: relayStart)
        entries += self.entries(relayed.filter(\.isPublic), isLocal: false, after: relayStart)
        // A stable order for equal delays: that in which they were put together.
        return entries.enumerated()
            .sorted { ($0.element.delay, $0.offset) < ($1.element.delay, $1.offset) }.map(\.element)
    }

    /// How long `address` waits where another attempt has only just begun.
    static func delay(of address: Multiaddr) -> Duration { address.isPublic ? self.publicDelay : self.localDelay }

    private static func entries(_ addresses: [Multiaddr], isLocal: Bool, after start: Duration) -> [Entry] {
        let step = isLocal ? self.localDelay : self.publicDelay
        var entries: [Entry] = []
        var end: Duration?
        for kind in DialTransportKind.allCases {
            let ofKind = addresses.filter { DialTransportKind($0) == kind }
            guard !ofKind.isEmpty else { continue }
            let wait = kind == .other ? (isLocal ? self.localOtherDelay : self.publicOtherDelay) : step
            let ranked = self.eyeballs(ofKind, step: step, after: end.map { $0 + wait } ?? start)
            end = ranked.last?.delay
            entries += ranked
        }
        return entries
    }

    /// One address of either family after the other, IPv6 first, and then the rest at once.
    private static func eyeballs(_ addresses: [Multiaddr], step: Duration, after start: Duration) -> [Entry] {
        let sixes = addresses.filter { $0.isIPv6 }
        let fours = addresses.filter { !$0.isIPv6 }
        var ordered: [Multiaddr] = []
        for index in 0..<max(sixes.count, fours.count) {
            if index < sixes.count { ordered.append(sixes[index]) }
            if index < fours.count { ordered.append(fours[index]) }
        }
        let heads = sixes.isEmpty || fours.isEmpty ? 1 : 2
        return ordered.enumerated().map { index, address in
            Entry(address: address, delay: start + step * min(index, heads))
        }
    }
}

/// What stands behind an address, in the order in which it is tried.
enum DialTransportKind: CaseIterable {
    case quic, tcp, other

    init(_ address: Multiaddr) {
        let isPlain = !address.contains(.webtransport) && !address.contains(.ws) && !address.contains(.wss)
        if address.contains(.quicV1) || address.contains(.quic) {
            self = isPlain ? .quic : .other
        } else {
            self = address.contains(.tcp) && isPlain ? .tcp : .other
        }
    }
}

extension Multiaddr {
    /// Whether any host of the internet may be found there; names, which are looked up first, and places without an IP
    /// address are not meant.
    var isPublic: Bool { self.ipAddress?.unmapped.isGlobal ?? false }

    /// Whether the host is reached over IPv6.
    var isIPv6: Bool {
        if case .v6? = self.ipAddress?.unmapped { true } else { false }
    }
}
