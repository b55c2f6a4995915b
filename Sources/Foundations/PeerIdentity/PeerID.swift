public import Bytes
internal import Cryptography
internal import Multiformats

/// The name of a peer: the multihash of its public key (libp2p peer-ids, "Peer Ids").
///
/// It is the key of every table that has peers in it, so it is a plain value of 48 bytes: copying it counts no reference,
/// and comparing two compares words.
public struct PeerID: Hashable, Sendable {
    /// The longest binary form, in bytes: an identity multihash of 42 bytes.
    public static let maximumLength = Multihash.maximumInlineKeyLength + 2

    // The multihash's bytes as they lie in memory, zeros behind them, and their count in the last byte.
    private var word0: UInt64 = 0
    private var word1: UInt64 = 0
    private var word2: UInt64 = 0
    private var word3: UInt64 = 0
    private var word4: UInt64 = 0
    private var word5: UInt64 = 0

    /// The ID of the peer that has this key: the key itself where its protobuf is short, otherwise its SHA-256 digest.
    public init(_ key: PublicKey) {
        let protobuf = key.protobuf
        let isInline = protobuf.count <= Multihash.maximumInlineKeyLength
        let digest = isInline ? protobuf : SHA256.hash(protobuf)
        let code = isInline ? MultihashCode.identity : .sha256
        self.init(multihash: Bytes([UInt8(code.rawValue), UInt8(digest.count)] + Array(digest)))
    }

    /// Reads the binary form.
    public init(bytes: Bytes) throws(PeerIdentityError) {
        do {
            self.init(multihash: try Multihash(peerID: bytes).bytes)
        } catch {
            throw .invalidPeerID(error)
        }
    }

    /// Reads a text: base 58 of the multihash, or a CID of version 1 with the codec libp2p-key in any base.
    public init(_ text: String) throws(PeerIdentityError) {
        do {
            self.init(multihash: try Multihash(peerID: text).bytes)
        } catch {
            throw .invalidPeerID(error)
        }
    }

    /// Takes bytes that are known to be a multihash that a peer ID may be.
    private init(multihash: Bytes) {
        precondition(multihash.count <= Self.maximumLength, "the multihash was checked")
        withUnsafeMutableBytes(of: &self) { memory in
            memory.copyBytes(from: multihash)
            memory[memory.count - 1] = UInt8(multihash.count)
        }
    }

    /// Lets `body` read the binary form; the pointer must not outlive the call.
    public func withUnsafeBytes<Result, E: Error>(
        _ body: (UnsafeRawBufferPointer) throws(E) -> Result
    ) throws(E) -> Result {
        try Swift.withUnsafeBytes(of: self) { memory throws(E) in
            try body(UnsafeRawBufferPointer(rebasing: memory[0..<Int(memory[memory.count - 1])]))
        }
    }

    /// The binary form: a multihash of at most `maximumLength` bytes.
    public var bytes: Bytes { self.withUnsafeBytes { Bytes(copying: $0) } }

    /// The key, where the ID holds it: Ed25519 and secp256k1 keys are short enough, the others are only hashed.
    public var publicKey: PublicKey? {
        let bytes = self.bytes
        guard bytes.count > 2, bytes[0] == UInt8(MultihashCode.identity.rawValue) else { return nil }
        guard let key = try? PublicKey(protobuf: bytes[2..<bytes.count]), key.peerID == self else { return nil }
        return key
    }
}

extension PeerID: Comparable {
    /// The order of the binary forms, byte by byte.
    public static func < (left: PeerID, right: PeerID) -> Bool {
        left.withUnsafeBytes { left in right.withUnsafeBytes { right in left.lexicographicallyPrecedes(right) } }
    }
}
