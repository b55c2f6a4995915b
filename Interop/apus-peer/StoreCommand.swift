import Apus

/// `apus-peer store`: notes peers and access rules in a database for ever, and says each time what is committed, for tests
/// that end the process at some moment.
enum StoreCommand {
    /// How many peers the addresses are shared out to: fewer than the store has room for.
    private static let peers = 512

    static func run(_ texts: [String]) async throws {
        let arguments = try Arguments(texts, of: "store", Arguments.Flags(values: ["path", "from"]))
        var configuration = NodeConfiguration()
        configuration.storage = try arguments.required("path")
        configuration.identifies = false
        var number = try arguments.number("from", default: 0, in: 0...0xff_ffff)
        let node = try await Node(configuration)
        Output.write("open\n")
        while number <= 0xff_ffff {
            node.addAddresses([Self.address(number)], of: try Self.peer(number % Self.peers))
            try await node.swarm.peerStore.flush()
            Output.write("peer \(number)\n")
            if number % 4 == 0 {
                try await node.swarm.gater.set(.deny, .network(Self.network(number)))
                Output.write("rule \(number)\n")
            }
            number += 1
        }
        await node.shutdown()
    }

    /// An address of its own for each number.
    static func address(_ number: Int) -> Multiaddr { Multiaddr(Self.ip(number), tcp: 4001) }

    static func network(_ number: Int) -> IPNetwork { IPNetwork(of: Self.ip(number), prefix: 32) }

    private static func ip(_ number: Int) -> IPAddress {
        .v4(IPv4Address(rawValue: 0x0a00_0000 | UInt32(truncatingIfNeeded: number & 0xff_ffff)))
    }

    /// A peer whose identity multihash ends in the number; nobody has its key.
    static func peer(_ number: Int) throws -> PeerID {
        let head: [UInt8] = [0x00, 0x24, 0x08, 0x01, 0x12, 0x20] + [UInt8](repeating: 7, count: 28)
        let tail = [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: number >> $0) }
        return try PeerID(bytes: Bytes(head + tail))
    }
}
