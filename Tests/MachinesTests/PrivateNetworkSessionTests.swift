import Bytes
import Cryptography
import PrivateNetwork
import TestSupport
import Testing

/// The beginning of a socket in a private network, without a socket.
@Suite struct PrivateNetworkSessionTests {
    private static let header = Array("\u{13}/multistream/1.0.0\n".utf8)

    private static func key(_ byte: UInt8) throws -> PrivateNetworkKey {
        try #require(PrivateNetworkKey(Bytes([UInt8](repeating: byte, count: 32))))
    }

    private static func session(_ key: UInt8, seed: UInt64) throws -> PrivateNetworkSession {
        var random = SeededGenerator(seed: seed)
        return PrivateNetworkSession(key: try Self.key(key), using: &random)
    }

    /// What a side sends whose first bytes are `plaintext`.
    private static func wire(_ session: inout PrivateNetworkSession, _ plaintext: [UInt8]) -> [UInt8] {
        var bytes = plaintext
        bytes.withUnsafeMutableBytes { session.encrypt($0) }
        return Array(session.nonce) + bytes
    }

    /// Gives `bytes` to the session in pieces of `size`.
    private static func receive(
        _ bytes: [UInt8], inPiecesOf size: Int, _ session: inout PrivateNetworkSession
    ) throws(PrivateNetworkError) -> [UInt8] {
        var (plaintext, rest): ([UInt8], ArraySlice<UInt8>) = ([], bytes[...])
        while !rest.isEmpty {
            var piece = Array(rest.prefix(size))
            rest = rest.dropFirst(size)
            let decrypted = piece.withUnsafeMutableBytes { memory in
                Result<[UInt8], PrivateNetworkError> { () throws(PrivateNetworkError) in
                    Array(try session.decrypt(memory))
                }
            }
            plaintext += try decrypted.get()
        }
        return plaintext
    }

    @Test(arguments: 1...70) func `wherever the input is cut, the plaintext comes out`(size: Int) throws {
        var sender = try Self.session(1, seed: 1)
        var receiver = try Self.session(1, seed: 2)
        let plaintext = Self.header + Array("and all that follows".utf8)
        let wire = Self.wire(&sender, plaintext)
        #expect(try Self.receive(wire, inPiecesOf: size, &receiver) == plaintext)
        let isVerified = receiver.isVerified
        #expect(isVerified)
    }

    @Test func `the first byte under another key is refused`() throws {
        var sender = try Self.session(1, seed: 1)
        var receiver = try Self.session(2, seed: 2)
        let wire = Self.wire(&sender, Self.header)
        #expect(try Self.receive(Array(wire.prefix(24)), inPiecesOf: 24, &receiver) == [])
        #expect(throws: PrivateNetworkError.otherKey) {
            // The chance that byte after byte of another stream fits falls by 256 each time.
            _ = try Self.receive(Array(wire[24..<28]), inPiecesOf: 1, &receiver)
        }
    }

    @Test(arguments: [1, 19, 64])
    func `a peer that speaks in clear is refused at its header, which is shorter than a nonce`(size: Int) throws {
        var receiver = try Self.session(1, seed: 1)
        #expect(throws: PrivateNetworkError.noKey) { _ = try Self.receive(Self.header, inPiecesOf: size, &receiver) }
    }

    @Test func `a peer with the key that begins with something else is refused`() throws {
        var sender = try Self.session(1, seed: 1)
        var receiver = try Self.session(1, seed: 2)
        let wire = Self.wire(&sender, Array("GET / HTTP/1.1\r\n".utf8))
        #expect(throws: PrivateNetworkError.otherKey) { _ = try Self.receive(wire, inPiecesOf: 64, &receiver) }
    }

    @Test func `nothing but a nonce shows nothing`() throws {
        var receiver = try Self.session(1, seed: 1)
        _ = try Self.receive([UInt8](repeating: 0, count: 24), inPiecesOf: 24, &receiver)
        let isVerified = receiver.isVerified
        #expect(!isVerified)
    }

    @Test func `the ciphers of both sides go on where the beginning ended`() throws {
        var first = try Self.session(1, seed: 1)
        var second = try Self.session(1, seed: 2)
        _ = try Self.receive(Self.wire(&first, Self.header), inPiecesOf: 100, &second)
        _ = try Self.receive(Self.wire(&second, Self.header), inPiecesOf: 100, &first)
        var ours = first.finish()
        var theirs = second.finish()
        var bytes = Array("later".utf8)
        bytes.withUnsafeMutableBytes { ours.sending.apply(to: $0) }
        #expect(bytes != Array("later".utf8))
        bytes.withUnsafeMutableBytes { theirs.receiving.apply(to: $0) }
        #expect(bytes == Array("later".utf8))
    }
}
