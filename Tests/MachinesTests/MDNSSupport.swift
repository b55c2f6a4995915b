import Bytes
import Multiformats
import PeerIdentity
import TestSupport

@testable import MulticastDNS

/// A few sessions on one link with a clock that a test moves; each hears what any sends, itself included.
struct MDNSNetwork {
    static let link = MDNSLink(
        interface: 2, isIPv6: false, addresses: [.v4(IPv4Address(10, 0, 0, 1))])

    var now = Instant(nanoseconds: 1_000_000_000_000)
    var generator: SeededGenerator
    var sessions: [MDNSSession] = []
    /// What each session told.
    var events: [[MDNSSession.Event]] = []
    /// What was sent, and when.
    var sent: [(session: Int, at: Instant, message: DNSMessage)] = []

    init(seed: UInt64 = 1) { self.generator = SeededGenerator(seed: seed) }

    /// A peer of some number.
    static func peer(_ number: Int) -> PeerID {
        let digest = (0..<32).map { UInt8(truncatingIfNeeded: number >> (8 * ($0 % 4))) }
        guard let peer = try? PeerID(bytes: Bytes([0x12, 0x20] + digest)) else { preconditionFailure("no peer") }
        return peer
    }

    static func sender(_ number: Int) -> IPAddress {
        .v4(IPv4Address(10, 0, UInt8(truncatingIfNeeded: number >> 8), UInt8(truncatingIfNeeded: number)))
    }

    /// Adds a node that listens on `addresses`.
    mutating func add(_ addresses: [String], links: [MDNSLink] = [Self.link]) throws {
        var session = MDNSSession(peer: Self.peer(self.sessions.count), using: &self.generator)
        session.setLinks(links, now: self.now, using: &self.generator)
        session.setAddresses(try addresses.map { try Multiaddr($0) }, now: self.now, using: &self.generator)
        self.sessions.append(session)
        self.events.append([])
    }

    /// Lets time pass, from one deadline to the next.
    mutating func run(for time: Duration) throws {
        let end = self.now + time
        while let next = self.sessions.compactMap(\.nextDeadline).min(), next <= end {
            self.now = max(self.now, next)
            for index in self.sessions.indices {
                while let (link, bytes) = self.sessions[index].nextDatagram(now: self.now, using: &self.generator) {
                    self.sent.append((index, self.now, try DNSMessage(reading: bytes)))
                    for other in self.sessions.indices {
                        try self.sessions[other].receive(
                            bytes, from: Self.sender(index), on: link, now: self.now, using: &self.generator)
                    }
                }
            }
            self.collect()
        }
        self.now = end
        self.collect()
    }

    /// Gives a datagram of somebody else to the first session.
    mutating func receive(_ datagram: Bytes, from sender: Int) throws {
        try self.sessions[0].receive(
            datagram, from: Self.sender(sender), on: Self.link, now: self.now, using: &self.generator)
        self.collect()
    }

    mutating func collect() {
        for index in self.sessions.indices {
            while let event = self.sessions[index].nextEvent(now: self.now) { self.events[index].append(event) }
        }
    }

    /// A message of the flood: a response that speaks of these peers.
    static func response(_ peers: [(PeerID, [String])], timeToLive: UInt32 = 360) throws -> Bytes {
        var message = DNSMessage(isResponse: true)
        for (index, (peer, addresses)) in peers.enumerated() {
            let instance = try DNSName(["peer\(index)"]).under(MDNSNames.service)
            message.answers.append(DNSRecord(MDNSNames.service, timeToLive: timeToLive, .pointer(instance)))
            message.additionals.append(
                DNSRecord(
                    instance, timeToLive: timeToLive, .texts(addresses.map { Bytes(utf8: "dnsaddr=\($0)/p2p/\(peer)") })
                ))
        }
        return message.bytes
    }
}
