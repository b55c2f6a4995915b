internal import Bytes

/// The protobuf of a signed envelope, not verified (libp2p RFC 0002, "Wire Format").
struct EnvelopeMessage {
    let publicKey: Bytes
    let payloadType: Bytes
    let payload: Bytes
    let signature: Bytes

    init(publicKey: Bytes, payloadType: Bytes, payload: Bytes, signature: Bytes) {
        self.publicKey = publicKey
        self.payloadType = payloadType
        self.payload = payload
        self.signature = signature
    }

    init(_ bytes: Bytes) throws(PeerIdentityError) {
        do {
            // A field that is left out is empty (proto3).
            var fields: [Int: Bytes] = [:]
            var reader = ProtobufReader(bytes)
            while let field = try reader.next() {
                guard [1, 2, 3, 5].contains(field.number) else { continue }
                fields[field.number] = try field.bytes()
            }
            self.publicKey = fields[1] ?? Bytes()
            self.payloadType = fields[2] ?? Bytes()
            self.payload = fields[3] ?? Bytes()
            self.signature = fields[5] ?? Bytes()
        } catch {
            throw .malformed(error)
        }
    }

    var bytes: Bytes {
        var writer = ProtobufWriter()
        writer.write(1, bytes: self.publicKey)
        writer.write(2, bytes: self.payloadType)
        writer.write(3, bytes: self.payload)
        writer.write(5, bytes: self.signature)
        return writer.finish()
    }
}
