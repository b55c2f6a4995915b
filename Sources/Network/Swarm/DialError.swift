public import Multiformats
public import PeerIdentity

/// Why no connection to a peer came about: every address that was tried, with its own cause.
public struct DialError: Error, Sendable, CustomStringConvertible {
    /// How one address failed.
    public struct Attempt: Sendable {
        /// The address that was tried, or whose name was asked for.
        public let address: Multiaddr
        /// What sort of failure it was, for a program to decide by.
        public let kind: Kind
        /// A clause for a person.
        public let cause: String
        /// From the start of the attempt to its failure.
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
        /// Another peer answered.
        case wrongPeer(PeerID)
        /// The peer is not in this node's private network.
        case notInPrivateNetwork
        /// The two sides have no security protocol or no muxer in common.
        case noCommonProtocol
        /// What answers did not complete the handshake.
        case handshakeFailed
        case failed
    }

    /// Who was to be reached; nil where an address without a peer was dialled.
    public let peer: PeerID?
    /// Every address that was tried, in the order in which they failed; those that the time did not suffice for come last.
    public let attempts: [Attempt]
    /// What was wrong apart from the addresses, such as that none was known or that time ran out.
    public let reason: String?

    /// The failure of `attempts`, or for a reason of its own.
    public init(peer: PeerID?, attempts: [Attempt] = [], reason: String? = nil) {
        self.peer = peer
        self.attempts = attempts
        self.reason = reason
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
