internal import Bytes

/// The protobuf that public and private keys share (libp2p peer-ids, "Keys"): `{ Type = 1, Data = 2 }`.
///
/// It is written in the order of the numbers with the shortest varints and both fields always, because a peer's ID is the
/// hash of these bytes. What is read is encoded anew before it is hashed.
struct KeyMessage {
    let type: KeyType
    let data: Bytes

    init(type: KeyType, data: Bytes) {
        self.type = type
        self.data = data
    }

    init(_ bytes: Bytes, limit: Int) throws(PeerIdentityError) {
        guard Defence.keyLength.holds(bytes.count <= limit) else { throw .tooLong(limit: limit) }
        let (type, data): (UInt64, Bytes)
        do {
            (type, data) = try Self.fields(bytes)
        } catch {
            throw .malformed(error)
        }
        guard let knownType = KeyType(rawValue: type) else { throw .unknownKeyType(type) }
        self.init(type: knownType, data: data)
    }

    private static func fields(_ bytes: Bytes) throws(ProtobufError) -> (type: UInt64, data: Bytes) {
        var type: UInt64?
        var data: Bytes?
        var reader = ProtobufReader(bytes)
        while let field = try reader.next() {
            switch field.number {
            case 1: type = try field.uint64()
            case 2: data = try field.bytes()
            default: break
            }
        }
        guard let type else { throw .missing(field: 1) }
        guard let data else { throw .missing(field: 2) }
        return (type, data)
    }

    var bytes: Bytes {
        var writer = ProtobufWriter(reserving: self.data.count + 8)
        writer.write(1, varint: self.type.rawValue)
        writer.write(2, bytes: self.data)
        return writer.finish()
    }
}
