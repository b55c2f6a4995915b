public import Multiformats
public import PeerIdentity

/// Why no connection to a peer came about: every address that was tried or left alone, with its own cause.
public struct DialError: Error, Sendable, CustomStringConvertible {
    /// How one address failed.
    public struct Attempt: Sendable {
        /// The address that was tried or left alone, or whose name was asked for.
        public let address: Multiaddr
        /// What sort of failure it was, for a program to decide by.
        public let kind: Kind
        /// A clause for a person.
        public let cause: String
        /// From the start of the attempt to its failure; none where the address was not dialled.
        public let duration: Duration

        /// The failure of one address after `duration`; `cause` is a sentence for a person.
        public init(address: Multiaddr, kind: Kind, cause: String, duration: Duration) {
            self.address = address
            self.kind = kind
            self.cause = cause
            self.duration = duration
        }
    }

    /// What a program may tell apart in the failures of addresses.
    public enum Kind: Hashable, Sendable {
        /// No transport of this node can dial such an address, or the host cannot.
        case unsupportedAddress
        /// A name leads to no address.
        case nameNotFound
        /// The host is there, and nobody listens at the port.
        case refused
        /// No route leads there.
        case unreachable
        case timedOut
        /// The proxy that the address is dialled through is missing, or does not serve this node.
        case proxyUnavailable
        /// Another peer answered.
        case wrongPeer(PeerID)
        /// It was this node itself that answered.
        case thisNode
        /// The peer is not in this node's private network.
        case notInPrivateNetwork
        /// The two sides have no security protocol or no muxer in common.
        case noCommonProtocol
        /// What answers did not complete the handshake.
        case handshakeFailed
        /// The access list of this node forbids it.
        case denied
        /// It was not dialled, since it failed not long ago; it is left alone for this much longer.
        case backOff(Duration)
        /// It was not dialled: others told of it, and it leads into a network where the peer need not be looked for.
        case filtered
        /// It was not dialled: nearly nobody was reached over its family or protocol lately.
        case blackHole
        /// It was not dialled: too many addresses wait for their turn.
        case tooManyDials
        case failed
    }

    /// Who was to be reached; nil where an address without a peer was dialled.
    public let peer: PeerID?
    /// Every address that was tried or left alone, in the order in which that was known; those that the time did not suffice
    /// for come last.
    public let attempts: [Attempt]
    /// What was wrong apart from the addresses, such as that none was known or that time ran out.
    public let reason: String?
    /// How the access list forbids to dial the peer at all; nil where it does not.
    public let refusal: AccessRefusal?

    /// The failure of `attempts`, or for a reason of its own.
    public init(peer: PeerID?, attempts: [Attempt] = [], reason: String? = nil) {
        self.peer = peer
        self.attempts = attempts
        self.reason = reason
        self.refusal = nil
    }

    /// The dial of an address that does not say whose it is.
    package init(withoutPeer address: Multiaddr) {
        self.init(peer: nil, reason: "\(address) names no peer; add /p2p/ and the peer's ID")
    }

    /// The dial of a peer that the access list forbids.
    init(peer: PeerID, refusal: AccessRefusal) {
        self.peer = peer
        self.attempts = []
        self.reason = "\(refusal)"
        self.refusal = refusal
    }

    public var description: String {
        let target = self.peer.map { "peer \($0)" } ?? "the peer"
        let causes = self.attempts.map { attempt in
            "\(attempt.address): \(attempt.cause) (\(attempt.duration.formattedMilliseconds))"
        }
        let clauses = (self.reason.map { [$0] } ?? []) + causes
        return "cannot connect to \(target): \(clauses.joined(separator: "; "))"
    }
}

extension Duration {
    /// Whole milliseconds, such as "15 ms".
    var formattedMilliseconds: String {
        let (seconds, attoseconds) = self.components
        return "\(seconds * 1_000 + attoseconds / 1_000_000_000_000_000) ms"
    }
}
