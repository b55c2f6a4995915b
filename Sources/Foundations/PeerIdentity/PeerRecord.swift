public import Bytes
public import Multiformats

/// A peer's own statement of its addresses (libp2p RFC 0003).
public struct PeerRecord: Hashable, Sendable {
    /// The domain and type that go-libp2p and js-libp2p write, and this implementation too.
    public static let kind = SignedEnvelope.Kind(domain: "libp2p-peer-record", payloadType: [0x03, 0x01])
    /// The domain and type of RFC 0003's text, which rust-libp2p still writes where it is not told otherwise.
    public static let legacyKind = SignedEnvelope.Kind(
        domain: "libp2p-routing-state", payloadType: Bytes(utf8: "/libp2p/routing-state-record"))
    /// The most addresses that are taken from a record; those behind them are passed over. It is the number that
    /// go-libp2p keeps of a connected peer.
    public static let maximumAddressCount = 500

    /// The peer that the record is about.
    public let peerID: PeerID
    /// A number that grows from record to record: of two records of a peer, the one with the higher number holds. Peers
    /// count seconds or nanoseconds since 1970.
    public let sequence: UInt64
    public let addresses: [Multiaddr]

    public init(peerID: PeerID, sequence: UInt64, addresses: [Multiaddr]) {
        self.peerID = peerID
        self.sequence = sequence
        self.addresses = addresses
    }

    /// Signs the record; `key` must be that of its peer.
    public func seal(with key: PrivateKey) throws(PeerIdentityError) -> SignedEnvelope {
        guard key.peerID == self.peerID else { throw .mismatchedPeer(record: self.peerID, signer: key.peerID) }
        return try SignedEnvelope.seal(self.protobuf, as: Self.kind, with: key)
    }

    /// Reads an envelope of either kind, verifies it and reads the record, which must be about the peer that signed.
    public static func open(_ envelope: Bytes) throws(PeerIdentityError) -> PeerRecord {
        let envelope = try SignedEnvelope.open(envelope, as: Self.kind, Self.legacyKind)
        return try PeerRecord(envelope)
    }

    /// Reads the record of a verified envelope of either kind, which must be about the peer that signed.
    public init(_ envelope: SignedEnvelope) throws(PeerIdentityError) {
        guard envelope.kind == Self.kind || envelope.kind == Self.legacyKind else {
            throw .unexpectedPayloadType(envelope.kind.payloadType)
        }
        self = try Self.read(envelope.payload)
        guard Defence.recordSigner.holds(self.peerID == envelope.signer) else {
            throw .mismatchedPeer(record: self.peerID, signer: envelope.signer)
        }
    }
}

/// The protobuf `PeerRecord` (libp2p RFC 0003): `{ peer_id = 1, seq = 2, addresses = 3 { multiaddr = 1 } }`.
extension PeerRecord {
    private static func read(_ bytes: Bytes) throws(PeerIdentityError) -> PeerRecord {
        var peerID = Bytes()
        var sequence: UInt64 = 0
        var addresses: [Multiaddr] = []
        do {
            var reader = ProtobufReader(bytes)
            while let field = try reader.next() {
                switch field.number {
                case 1: peerID = try field.bytes()
                case 2: sequence = try field.uint64()
                case 3 where Defence.recordAddresses.holds(addresses.count < Self.maximumAddressCount):
                    if let address = try Self.address(try field.bytes()) { addresses.append(address) }
                default: break
                }
            }
        } catch {
            throw .malformed(error)
        }
        return PeerRecord(peerID: try PeerID(bytes: peerID), sequence: sequence, addresses: addresses)
    }

    /// The address, or nil where it is of a kind that this implementation does not know: a newer peer's other addresses
    /// are good all the same.
    private static func address(_ info: Bytes) throws(ProtobufError) -> Multiaddr? {
        var address: Multiaddr?
        var reader = ProtobufReader(info)
        while let field = try reader.next() {
            if field.number == 1 { address = try? Multiaddr(bytes: try field.bytes()) }
        }
        return address
    }

    private var protobuf: Bytes {
        var writer = ProtobufWriter()
        writer.write(1, bytes: self.peerID.bytes)
        writer.write(2, varint: self.sequence)
        for address in self.addresses {
            writer.write(3) { info in info.write(1, bytes: address.bytes) }
        }
        return writer.finish()
    }
}
