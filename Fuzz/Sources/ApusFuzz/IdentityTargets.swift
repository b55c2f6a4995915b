import Bytes
import Multiformats
import PeerIdentity

extension FuzzTarget {
    /// The fields of any protobuf message, and of the messages in it.
    static let protobuf = FuzzTarget(name: "protobuf") { input in
        readFields(input, depth: 0)
    } seeds: {
        let record = PeerRecord(
            peerID: FixedKeys.signer.peerID, sequence: 7, addresses: [try Multiaddr("/ip4/127.0.0.1/tcp/4001")])
        var writer = ProtobufWriter()
        writer.write(1, varint: .max)
        writer.write(2, fixed32: 1)
        writer.write(3, fixed64: 2)
        writer.write(4, string: "text")
        // Field 5 is a group that holds field 1; readers pass over it.
        return [writer.finish(), try record.seal(with: FixedKeys.signer).bytes, Bytes([0x2b, 0x08, 0x01, 0x2c])]
    }

    private static func readFields(_ message: Bytes, depth: Int) {
        var reader = ProtobufReader(message)
        while let field = try? reader.next() {
            precondition(field.number >= 1 && field.number < 1 << 29, "a field number is 1 to 2^29 - 1")
            _ = try? field.bool()
            _ = try? field.string()
            guard depth < 4, let inner = try? field.bytes() else { continue }
            precondition(inner.count < message.count, "a field is shorter than its message")
            readFields(inner, depth: depth + 1)
        }
    }

    /// Public and private keys and peer IDs; a private key that is read also signs.
    static let identity = FuzzTarget(name: "identity") { input in
        if let key = try? PublicKey(protobuf: input) {
            precondition((try? PublicKey(protobuf: key.protobuf)) == key)
            precondition((try? PeerID(key.peerID.description)) == key.peerID)
            _ = key.verify(signature: input, of: input)
        }
        if let key = try? PrivateKey(protobuf: input) { _ = try? key.sign(input) }
        if let peer = try? PeerID(bytes: input) {
            precondition((try? PeerID(peer.description)) == peer && (try? PeerID(peer.cidText)) == peer)
            precondition(peer.publicKey.map { $0.peerID == peer } ?? true)
        }
        if let text = input.utf8Text, let peer = try? PeerID(text) {
            precondition((try? PeerID(bytes: peer.bytes)) == peer)
        }
    } seeds: {
        var generator = FixedGenerator(seed: 1)
        var seeds: [Bytes] = []
        for type in [KeyType.ed25519, .secp256k1, .ecdsa, .rsa] {
            let key = try PrivateKey.generate(type, using: &generator)
            seeds += [key.protobuf, key.publicKey.protobuf, key.peerID.bytes, Bytes(utf8: key.peerID.description)]
            seeds.append(Bytes(utf8: key.peerID.cidText))
        }
        return seeds
    }

    /// Signed envelopes, and the input as the payload of one that is signed: a mutated one never passes its signature.
    static let peerRecord = FuzzTarget(name: "peer-record") { input in
        let kinds = [PeerRecord.kind, PeerRecord.legacyKind]
        if let envelope = try? SignedEnvelope.open(input, as: kinds[0], kinds[1]) { checkRecord(envelope) }
        if let envelope = try? SignedEnvelope.seal(input, as: kinds[0], with: FixedKeys.signer) {
            checkRecord(envelope)
        }
    } seeds: {
        let key = FixedKeys.signer
        let record = PeerRecord(
            peerID: key.peerID, sequence: 1_700_000_000,
            addresses: try ["/ip4/127.0.0.1/tcp/4001", "/ip6/::1/udp/4001/quic-v1"].map { try Multiaddr($0) })
        let envelope = try record.seal(with: key)
        let legacy = try SignedEnvelope.seal(envelope.payload, as: PeerRecord.legacyKind, with: key)
        return [envelope.bytes, envelope.payload, legacy.bytes]
    }

    private static func checkRecord(_ envelope: SignedEnvelope) {
        guard let record = try? PeerRecord(envelope) else { return }
        precondition(record.peerID == envelope.signer, "a record is its signer's own")
        precondition(record.addresses.count <= PeerRecord.maximumAddressCount)
    }
}
