import Bytes
import Multiformats
import PeerIdentity

/// Peers and addresses by their numbers.
enum PeerSamples {
    /// A peer whose identity multihash holds the number; nobody has its key.
    static func peer(_ number: Int) throws -> PeerID {
        let head: [UInt8] = [0x00, 0x24, 0x08, 0x01, 0x12, 0x20] + [UInt8](repeating: 9, count: 24)
        return try PeerID(
            bytes: Bytes(head + withUnsafeBytes(of: UInt64(bitPattern: Int64(number)).bigEndian) { Array($0) }))
    }

    static func address(_ number: Int) -> Multiaddr {
        Multiaddr(.v4(IPv4Address(rawValue: 0xc000_0200 &+ UInt32(number))), tcp: 4001)
    }

    static func addresses(_ numbers: ClosedRange<Int>) -> [Multiaddr] { numbers.map { Self.address($0) } }

    /// Addresses that take about 800 bytes each.
    static func longAddresses(_ count: Int) throws -> [Multiaddr] {
        try (0..<count).map { try Multiaddr("/dns4/\($0).\(String(repeating: "a.", count: 400))test/tcp/1") }
    }
}
