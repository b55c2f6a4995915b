/// What the peer store keeps, each bound with where it comes from.
enum PeerStoreLimits {
    /// Addresses of one peer, and their bytes together: go-libp2p reads no more of an identify message.
    static let addresses = 64
    static let addressBytes = 8 * 1024
    /// Protocols of one peer, and their bytes together: go-libp2p's number (pstoremem, "maxProtos"), and what an identify
    /// message holds.
    static let protocols = 128
    static let protocolBytes = 8 * 1024
    /// Bytes of a peer's agent version, as identify cuts its own.
    static let agentVersionBytes = 256
    /// Peers that are neither connected nor configured, and their bytes together. Those two come on top: the connections
    /// and the configuration bound them. go-libp2p bounds addresses without a connection too (pstoremem, "maxAddresses").
    static let peers = 8_192
    static let bytes = 4 * 1024 * 1024
    /// What a peer takes besides what can be counted, roughly.
    static let peerOverhead = 256
    /// What an address takes besides its bytes, roughly.
    static let addressOverhead = 48

    /// How long the addresses of a peer are kept behind its last connection at least: go-libp2p's
    /// "RecentlyConnectedAddrTTL".
    static let recentlyConnected: Duration = .seconds(15 * 60)
    /// How long a peer without an address is remembered, with the number of its last record: js-libp2p's "maxPeerAge".
    static let peerAge: Duration = .seconds(6 * 3_600)
    /// How often what has expired is looked for.
    static let sweepInterval: Duration = .seconds(60)
    /// Peers that one transaction writes.
    static let batch = 256
    /// How long changes are collected before they are written, and how long until a write that failed is tried again.
    static let writeDelay: Duration = .seconds(1)
    static let retryDelay: Duration = .seconds(30)
}
