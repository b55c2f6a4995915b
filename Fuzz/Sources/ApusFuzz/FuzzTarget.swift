import Bytes

/// One thing that reads what a peer sends, and inputs to begin with.
///
/// A run fails by a trap: one in the code under test, a `precondition` of the target about what must hold after it, or an
/// execution that holds more memory than `memory`.
struct FuzzTarget: Sendable {
    let name: String
    /// The most bytes that one execution may hold at once.
    let memory: Int
    let run: @Sendable (Bytes) -> Void
    /// Real inputs, from which the files in `Corpus` are written.
    let seeds: @Sendable () throws -> [Bytes]

    init(
        name: String, memory: Int = 1 << 20, run: @escaping @Sendable (Bytes) -> Void,
        seeds: @escaping @Sendable () throws -> [Bytes]
    ) {
        self.name = name
        self.memory = memory
        self.run = run
        self.seeds = seeds
    }

    static let all: [FuzzTarget] = [
        .multiaddr, .cid, .protobuf, .identity, .peerRecord, .identify, .peerAddresses, .multistreamDialer,
        .multistreamListener, .noiseInitiator, .noiseResponder, .noisePayload, .noiseInput, .yamuxDialer,
        .yamuxListener, .peerTable, .accessTarget, .mdns, .routeMessages, .swarmKey, .privateNetwork, .socks5,
        .multistreamSession, .noiseSession, .yamuxSession, .upgradeSession,
    ]

    static func named(_ name: String) -> FuzzTarget? { Self.all.first { $0.name == name } }
}
