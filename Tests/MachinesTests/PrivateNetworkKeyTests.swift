import Bytes
import PrivateNetwork
import TestSupport
import Testing

/// The file that go-libp2p and Kubo name swarm.key.
@Suite struct PrivateNetworkKeyTests {
    private static let hex = "6189c5cf0b87fb800c1a9feeda73c6ab5e998db48fb9e6a978575c770ceef683"
    private static let base64 = "YYnFzwuH+4AMGp/u2nPGq16ZjbSPueapeFdcdwzu9oM="
    private static let fingerprint = "45fc986bbc9388a11d939df26f730f0c"
    private static let header = "/key/swarm/psk/1.0.0/\n"
    private static let binary = Bytes(hex: Self.hex) ?? []

    static let files: [Bytes] = [
        Bytes(utf8: header + "/base16/\n" + hex), Bytes(utf8: header + "/base16/\n" + hex.uppercased() + "\n"),
        Bytes(utf8: "/key/swarm/psk/1.0.0/\r\n/base16/\r\n\(hex)\r\n\r\n"),
        Bytes(utf8: header + "/base64/\n" + base64 + "\n"), Bytes(utf8: header + "/base64/\n" + base64.dropLast()),
        Bytes(Array((header + "/bin/\n").utf8) + Array(binary)),
        Bytes(Array((header + "/bin/\n").utf8) + Array(binary) + [0x0a]),
    ]

    @Test(arguments: files) func `every encoding gives the same key`(file: Bytes) throws {
        #expect(try PrivateNetworkKey(swarmKey: file).fingerprint.hex == Self.fingerprint)
    }

    @Test func `a key that ends in the byte of a newline is read whole`() throws {
        let key = [UInt8](repeating: 0x0a, count: 32)
        let file = Bytes(Array((Self.header + "/bin/\n").utf8) + key)
        let expected = try #require(PrivateNetworkKey(Bytes(key)))
        #expect(try PrivateNetworkKey(swarmKey: file).fingerprint == expected.fingerprint)
    }

    static let wrong: [(String, SwarmKeyError, Int?)] = [
        ("", .unknownFormat, 1), (hex, .unknownFormat, 1),
        ("/key/swarm/psk/2.0.0/\n/base16/\n" + hex, .unknownFormat, 1),
        (header, .unknownEncoding, 2), (header + "/base32/\n" + hex, .unknownEncoding, 2),
        (header + "/base16/", .wrongLength(.base16, count: 0), 3),
        (header + "/base16/\n" + hex.dropLast(), .malformedKey(.base16), 3),
        (header + "/base16/\n" + hex.dropLast(2), .wrongLength(.base16, count: 31), 3),
        (header + "/base16/\n" + base64, .malformedKey(.base16), 3),
        (header + "/base64/\n" + base64 + "=", .malformedKey(.base64), 3),
        (header + "/bin/\n" + hex, .wrongLength(.bin, count: 64), 3),
        (header + "/base16/\n" + hex + "\n" + hex, .trailingData, 4),
        (String(repeating: "x", count: 1_025), .tooLong, nil),
    ]

    @Test(arguments: wrong)
    func `what is wrong is told with its line, and nothing of the key`(file: String, error: SwarmKeyError, line: Int?) {
        let thrown = #expect(throws: SwarmKeyError.self) { try PrivateNetworkKey(swarmKey: Bytes(utf8: file)) }
        #expect(thrown == error)
        #expect(thrown?.line == line)
        #expect(thrown.map { "\($0)".contains(Self.hex.prefix(8)) } == false)
    }

    @Test func `a key shows its fingerprint and not itself`() throws {
        let key = try #require(PrivateNetworkKey(Self.binary))
        #expect("\(key)" == Self.fingerprint)
        #expect("\(key)" != Self.hex)
    }

    @Test(arguments: UInt64(1)...200) func `a damaged file is read or refused, and never traps`(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        let file = random.mutated(Self.files[Int(seed) % Self.files.count])
        _ = try? PrivateNetworkKey(swarmKey: file)
    }
}
