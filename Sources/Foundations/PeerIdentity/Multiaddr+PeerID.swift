internal import Bytes
public import Multiformats

extension Multiaddr {
    /// The peer that is reached at this address: that of the last `/p2p`, unless a `/p2p-circuit` follows it, which makes
    /// it the relay's.
    public var peerID: PeerID? { self.peerIDBytes.flatMap { try? PeerID(bytes: $0) } }

    /// This address with `/p2p` and the peer at its end, instead of the one that is there.
    public func appending(_ peerID: PeerID) throws(MultiaddrError) -> Multiaddr {
        try self.withPeerID(peerID.bytes)
    }
}

extension MultiaddrComponent {
    /// `/p2p` and the peer.
    public static func p2p(_ peerID: PeerID) throws(MultiaddrError) -> MultiaddrComponent {
        try .p2p(peerID.bytes)
    }
}
