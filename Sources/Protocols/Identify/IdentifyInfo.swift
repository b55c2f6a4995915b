public import Multiformats
public import PeerIdentity

/// What a peer said of itself, merged from its identify message and those it pushed later (libp2p identify, "The Identify
/// Message").
///
/// Only `signedRecord` and `publicKey` are proved; the rest is the peer's word.
public struct IdentifyInfo: Sendable, Hashable {
    /// The peer's software, such as "go-libp2p/0.51.0"; empty where it said nothing.
    public var agentVersion: String
    /// The family of protocols that the peer belongs to, such as "ipfs/0.1.0"; empty where it said nothing.
    public var protocolVersion: String
    /// The protocols whose streams the peer accepts, in its order.
    public var protocols: [String]
    /// Where the peer says that it listens, in its order.
    public var listenAddresses: [Multiaddr]
    /// Where the peer sees this node, without a `/p2p` at its end.
    public var observedAddress: Multiaddr?
    /// The peer's key, where it sent the one that its ID is made of.
    public var publicKey: PublicKey?
    /// The peer's own statement of its addresses, verified and signed by the connection's peer (libp2p RFC 0003).
    public var signedRecord: PeerRecord?

    /// What a peer said; nothing, where it is left out.
    public init(
        agentVersion: String = "", protocolVersion: String = "", protocols: [String] = [],
        listenAddresses: [Multiaddr] = [], observedAddress: Multiaddr? = nil, publicKey: PublicKey? = nil,
        signedRecord: PeerRecord? = nil
    ) {
        self.agentVersion = agentVersion
        self.protocolVersion = protocolVersion
        self.protocols = protocols
        self.listenAddresses = listenAddresses
        self.observedAddress = observedAddress
        self.publicKey = publicKey
        self.signedRecord = signedRecord
    }
}

extension IdentifyInfo {
    /// Roughly what it takes in memory, with the set of protocols that a connection has; text and addresses of a few bytes
    /// take more by being there.
    var footprint: Int {
        let protocols = self.protocols.reduce(0) { $0 + $1.utf8.count + 80 }
        let addresses = (self.listenAddresses + (self.signedRecord?.addresses ?? [])).reduce(0) {
            $0 + $1.bytes.count + 64
        }
        return 1_024 + protocols + addresses
    }
}
