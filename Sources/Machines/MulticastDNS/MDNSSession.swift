public import Bytes
public import Multiformats
public import PeerIdentity

/// Finds the peers of the local networks and lets them find this node (libp2p discovery/mdns.md), without IO.
///
/// It is told of its links, of what came in and of the time, and is asked for what to send and what happened.
public struct MDNSSession: Sendable {
    /// What happened.
    public enum Event: Hashable, Sendable {
        /// A peer is said to be at these addresses, of which some are new; they do not name the peer themselves.
        case discovered(PeerID, [Multiaddr])
        /// Nobody speaks of the peer any more.
        case lost(PeerID)
    }

    /// The random name under which this node is known for its run.
    public let name: String
    private let peer: PeerID
    private let instance: DNSName
    private let host: DNSName
    private var addresses: [Multiaddr] = []
    private var links: [LinkState] = []
    private var peers = MDNSPeers()
    private var events: [Event] = []

    private struct LinkState {
        var link: MDNSLink
        var queryAt: Instant
        var queryInterval = MDNSLimits.firstQueryInterval
        var answerAt: Instant?
        var lastAnswer: Instant?
        var wanted: Wanted = []
    }

    /// What is to be answered.
    private struct Wanted: OptionSet {
        let rawValue: UInt8
        /// Who asked for the peers of the service.
        static let peers = Wanted(rawValue: 1)
        /// Who asked for records by our names (discovery/mdns.md, "Gotchas").
        static let details = Wanted(rawValue: 2)
        /// Who asked for the services of the network.
        static let services = Wanted(rawValue: 4)
    }

    /// A session of the node `peer`, which has no link yet.
    public init(peer: PeerID, using generator: inout some RandomNumberGenerator) {
        self.peer = peer
        self.name = MDNSNames.randomLabel(using: &generator)
        let label = DNSName(wire: [UInt8(clamping: self.name.utf8.count)] + Array(self.name.utf8))
        self.instance = DNSName(wire: label.wire + MDNSNames.service.wire)
        self.host = DNSName(wire: label.wire + MDNSNames.local.wire)
    }

    /// How many peers are known.
    public var peerCount: Int { self.peers.count }

    // MARK: What changes here

    /// Takes over the links that there are now, at most `MDNSLimits.interfaces` with both versions. On a new link, and on
    /// one whose addresses changed, peers are asked for anew (discovery/mdns.md, "Overview").
    public mutating func setLinks(
        _ links: [MDNSLink], now: Instant, using generator: inout some RandomNumberGenerator
    ) {
        self.links = links.prefix(2 * MDNSLimits.interfaces).map { link in
            let known = self.links.first { $0.link.isSamePlace(as: link) }
            if let known, known.link == link { return known }
            return LinkState(
                link: link, queryAt: now + Self.delay(using: &generator), lastAnswer: known?.lastAnswer)
        }
    }

    /// Takes over the addresses at which this node can be dialled; where they changed, it says so on every link (RFC 6762,
    /// section 8.4).
    public mutating func setAddresses(
        _ addresses: [Multiaddr], now: Instant, using generator: inout some RandomNumberGenerator
    ) {
        let addresses = addresses.compactMap(\.withoutPeerID)
        guard addresses != self.addresses else { return }
        self.addresses = addresses
        for index in self.links.indices { self.schedule(.peers, at: index, now: now, using: &generator) }
    }

    // MARK: What comes in

    /// Reads a datagram that `sender` sent to the group on `link`. Throws where it is no DNS message; then nothing changes.
    public mutating func receive(
        _ datagram: Bytes, from sender: IPAddress, on link: MDNSLink, now: Instant,
        using generator: inout some RandomNumberGenerator
    ) throws(DNSError) {
        let message = try DNSMessage(reading: datagram)
        guard let index = self.links.firstIndex(where: { $0.link.isSamePlace(as: link) }) else { return }
        if message.isResponse {
            self.learn(message, from: sender, on: self.links[index].link, now: now)
        } else {
            let wanted = self.wanted(by: message)
            if !wanted.isEmpty { self.schedule(wanted, at: index, now: now, using: &generator) }
        }
    }

    private mutating func learn(_ message: DNSMessage, from sender: IPAddress, on link: MDNSLink, now: Instant) {
        for peer in MDNSAnswers.peers(in: message, on: link) where peer.id != self.peer {
            if peer.timeToLive == .zero {
                if self.peers.remove(peer.id, from: sender) { self.events.append(.lost(peer.id)) }
            } else if let addresses = self.peers.add(peer, from: sender, now: now) {
                self.events.append(.discovered(peer.id, addresses))
            }
        }
    }

    private func wanted(by message: DNSMessage) -> Wanted {
        var wanted: Wanted = []
        for question in message.questions {
            let isPointer = [.pointer, .any].contains(question.type)
            if question.name == MDNSNames.service, isPointer { wanted.insert(.peers) }
            if question.name == MDNSNames.services, isPointer { wanted.insert(.services) }
            if question.name == self.instance || question.name == self.host { wanted.insert(.details) }
        }
        // Who knows the answer and says so gets none (RFC 6762, section 7.1).
        let knows = message.answers.contains {
            $0.name == MDNSNames.service && $0.content == .pointer(self.instance)
                && .seconds(Int64($0.timeToLive)) * 2 >= MDNSLimits.timeToLive
        }
        if knows { wanted.remove(.peers) }
        return wanted
    }

    /// Lets an answer be sent, once for all who ask meanwhile and not too often.
    private mutating func schedule(
        _ wanted: Wanted, at index: Int, now: Instant, using generator: inout some RandomNumberGenerator
    ) {
        self.links[index].wanted.formUnion(wanted)
        guard self.links[index].answerAt == nil else { return }
        let lastAnswer = Defence.mdnsAnswers.isOn ? self.links[index].lastAnswer : nil
        let earliest = lastAnswer.map { $0 + MDNSLimits.answerInterval } ?? .zero
        self.links[index].answerAt = max(now + Self.delay(using: &generator), earliest)
    }

    private static func delay(using generator: inout some RandomNumberGenerator) -> Duration {
        .nanoseconds(Int64.random(in: MDNSLimits.delay, using: &generator))
    }

    // MARK: What goes out

    /// The next datagram that is due, and the link whose group it goes to.
    public mutating func nextDatagram(
        now: Instant, using generator: inout some RandomNumberGenerator
    ) -> (link: MDNSLink, bytes: Bytes)? {
        for index in self.links.indices {
            if self.links[index].queryAt <= now {
                return (self.links[index].link, self.query(at: index, now: now, using: &generator))
            }
            if let answerAt = self.links[index].answerAt, answerAt <= now,
                let bytes = self.answer(at: index, now: now)
            {
                return (self.links[index].link, bytes)
            }
        }
        return nil
    }

    private mutating func query(
        at index: Int, now: Instant, using generator: inout some RandomNumberGenerator
    ) -> Bytes {
        let interval = self.links[index].queryInterval
        self.links[index].queryAt = now + interval + Self.delay(using: &generator)
        self.links[index].queryInterval = min(interval * 2, MDNSLimits.lastQueryInterval)
        // A peer answers its own query, so that others need not ask (discovery/mdns.md, "Request").
        self.schedule(.peers, at: index, now: now, using: &generator)
        var message = DNSMessage(isResponse: false)
        message.questions = [DNSQuestion(MDNSNames.service, .pointer)]
        return message.bytes
    }

    private mutating func answer(at index: Int, now: Instant) -> Bytes? {
        let wanted = self.links[index].wanted
        self.links[index].answerAt = nil
        self.links[index].wanted = []
        guard let announcement = self.announcement(on: self.links[index].link, isFarewell: false) else { return nil }
        self.links[index].lastAnswer = now
        return announcement.message(
            answersDetails: wanted.contains(.details), services: wanted.contains(.services)
        ).bytes
    }

    private func announcement(on link: MDNSLink, isFarewell: Bool) -> MDNSAnnouncement? {
        MDNSAnnouncement(
            peer: self.peer, instance: self.instance, host: self.host, addresses: self.addresses, on: link,
            isFarewell: isFarewell)
    }

    /// What is to be sent on each link when the node ends: it takes back what it said (RFC 6762, section 10.1).
    public func farewells() -> [(link: MDNSLink, bytes: Bytes)] {
        self.links.compactMap { state in
            guard state.lastAnswer != nil, let farewell = self.announcement(on: state.link, isFarewell: true)
            else { return nil }
            return (state.link, farewell.message(answersDetails: false, services: false).bytes)
        }
    }

    // MARK: What happened, and when to ask again

    /// The next thing that happened, until there is none.
    public mutating func nextEvent(now: Instant) -> Event? {
        self.events += self.peers.expire(now: now).map { .lost($0) }
        return self.events.isEmpty ? nil : self.events.removeFirst()
    }

    /// When there is something to send, or a peer is to be forgotten.
    public var nextDeadline: Instant? {
        var deadline = self.peers.nextExpiry
        for state in self.links {
            deadline = min(deadline ?? .distantFuture, min(state.queryAt, state.answerAt ?? .distantFuture))
        }
        return deadline
    }
}
