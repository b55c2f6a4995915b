public import Bytes
public import Cryptography

/// A socket's beginning in a private network: each side sends 24 random bytes, and all behind them is encrypted with XSalsa20
/// under the network's key and the sender's bytes (libp2p pnet/Private-Networks-PSK-V1.md).
///
/// The cipher itself tells nobody that a key differs: what comes out is noise. But every connection begins with the header of
/// multistream-select, so the first byte that is another one shows it, long before a length made of noise would be waited for.
public struct PrivateNetworkSession: ~Copyable, Sendable {
    private static let header = Array("\u{13}/multistream/1.0.0\n".utf8)

    /// What goes out first, and as it is. Peers may wait for it before they send anything, as rust-libp2p does.
    public let nonce: Bytes
    private let key: PrivateNetworkKey
    private var sending: XSalsa20
    private var receiving: XSalsa20?
    private var remoteNonce: [UInt8] = []
    /// How many bytes of the peer's header were as they should be.
    private var checkedHeader = 0

    /// Begins with the generator's next 24 bytes.
    public init(key: PrivateNetworkKey, using generator: inout some RandomNumberGenerator) {
        self.key = key
        self.nonce = generator.bytes(XSalsa20.nonceSize)
        self.sending = XSalsa20(key: key.key, nonce: self.nonce)
    }

    /// Whether the peer has shown that it has the key.
    public var isVerified: Bool { self.checkedHeader == Self.header.count }

    /// Encrypts the next bytes to be sent, where they stand.
    public mutating func encrypt(_ memory: UnsafeMutableRawBufferPointer) {
        self.sending.apply(to: memory)
    }

    /// Decrypts what came where it stands, and answers the part of it behind the nonce.
    ///
    /// Throws where the peer's first bytes show that it has not the key; then nothing of them must be used.
    public mutating func decrypt(
        _ memory: UnsafeMutableRawBufferPointer
    ) throws(PrivateNetworkError) -> UnsafeMutableRawBufferPointer {
        let missing = min(XSalsa20.nonceSize - self.remoteNonce.count, memory.count)
        if missing > 0 {
            self.remoteNonce += memory[..<missing]
            // A listener that has no key may say no more than this until it understands something.
            guard Defence.privateNetworkClear.holds(!self.remoteNonce.starts(with: Self.header)) else { throw .noKey }
            if self.remoteNonce.count == XSalsa20.nonceSize {
                self.receiving = XSalsa20(key: self.key.key, nonce: Bytes(self.remoteNonce))
            }
        }
        let rest = UnsafeMutableRawBufferPointer(rebasing: memory[missing...])
        guard !rest.isEmpty else { return rest }
        self.receiving?.apply(to: rest)
        let unchecked = Self.header[self.checkedHeader...].prefix(rest.count)
        guard Defence.privateNetworkKey.holds(rest.prefix(unchecked.count).elementsEqual(unchecked)) else {
            throw .otherKey
        }
        self.checkedHeader += unchecked.count
        return rest
    }

    /// The ciphers of a socket whose peer has shown that it has the key.
    public consuming func finish() -> PrivateNetworkCiphers {
        guard self.isVerified, let receiving = self.receiving.take() else {
            preconditionFailure("the peer of a private network is not verified")
        }
        return PrivateNetworkCiphers(sending: self.sending, receiving: receiving)
    }
}

/// What goes on around a connection of a private network, for as long as it stands.
///
/// It is frozen so that a connection can take its parts.
@frozen public struct PrivateNetworkCiphers: ~Copyable, Sendable {
    public var sending: XSalsa20
    public var receiving: XSalsa20
}

/// Why a socket does not belong to the private network.
public enum PrivateNetworkError: Error, Hashable, Sendable {
    /// What the peer sent makes no sense under this network's key.
    case otherKey
    /// The peer speaks in clear.
    case noKey
}

extension PrivateNetworkError: CustomStringConvertible {
    public var description: String {
        switch self {
        case .otherKey: "what the peer sent makes no sense under this network's key"
        case .noKey: "the peer speaks in clear"
        }
    }
}
