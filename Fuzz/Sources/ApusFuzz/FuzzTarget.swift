import Bytes

/// One thing that reads what a peer sends, and inputs to begin with.
///
/// A run fails by a trap: one in the code under test, or a `precondition` of the target about what must hold after it.
struct FuzzTarget: Sendable {
    let name: String
    let run: @Sendable (Bytes) -> Void
    /// Real inputs, from which the files in `Corpus` are written.
    let seeds: @Sendable () throws -> [Bytes]

    static let all: [FuzzTarget] = [
        .multiaddr, .cid, .protobuf, .identity, .peerRecord, .identify, .peerAddresses, .multistreamDialer,
        .multistreamListener, .noiseInitiator, .noiseResponder, .noisePayload, .yamuxDialer, .yamuxListener, .peerTable,
        .accessTarget, .mdns, .routeMessages, .swarmKey, .privateNetwork, .socks5,
    ]

    static func named(_ name: String) -> FuzzTarget? { Self.all.first { $0.name == name } }
}
