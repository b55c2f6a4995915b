/// What identify sends, reads and keeps, each bound with where it comes from.
enum IdentifyLimits {
    /// The longest message that is sent, in bytes with its length in front: what rust-libp2p reads.
    static let ownMessageSize = 4_096
    /// What the observed address, which differs from connection to connection, may take of it; a longer one is not sent.
    static let observedAddressSize = 256
    /// What is kept free for addresses however many protocols there are.
    static let addressReserve = 768
    /// Agent and protocol version are cut to so many bytes each.
    static let versionSize = 256

    /// The longest message that is read, in bytes without its length: go-libp2p's limit.
    static let messageSize = 8 * 1024
    /// Messages of one answer that are merged: go-libp2p's limit.
    static let messages = 10
    /// Protocols that are kept of a peer: go-libp2p's limit.
    static let protocols = 1_024
    /// Addresses that are looked at and kept of a connected peer: go-libp2p's limit.
    static let addresses = 500

    /// Streams of `/ipfs/id/1.0.0`, and as many of the push protocol, that a connection's peer may have open at a time.
    static let inboundStreams = 10
    /// Pushes that a connection's peer may send at once, and how long it takes until it may send another: go-libp2p's
    /// limit for a network of 256 addresses.
    static let pushBurst = 10
    static let pushInterval: Duration = .seconds(5)
    /// Pushes of ours that are under way at a time: go-libp2p's limit.
    static let concurrentPushes = 32
    /// Peers that are remembered after they disconnected: rust-libp2p's limit.
    static let recentPeers = 100
    /// What each of them may take, in bytes; real peers say a third of it.
    static let recentPeerSize = 16 * 1024
}
