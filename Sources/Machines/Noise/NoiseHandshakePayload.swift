internal import Bytes

/// What libp2p sends inside messages 2 and 3 (libp2p noise/README.md, "The libp2p Handshake Payload").
///
/// Of the extensions only the stream muxers are read; the certificate hashes belong to WebTransport.
struct NoiseHandshakePayload {
    private static let identityKeyField = 1
    private static let signatureField = 2
    private static let extensionsField = 4
    private static let streamMuxersField = 2

    /// The protobuf of the sender's public key.
    let identityKey: Bytes
    let signature: Bytes
    /// The sender's stream muxers, the preferred one first; none where it negotiates them later.
    let streamMuxers: [String]

    init(identityKey: Bytes, signature: Bytes, streamMuxers: [String]) {
        self.identityKey = identityKey
        self.signature = signature
        self.streamMuxers = streamMuxers
    }

    /// Reads a peer's payload. Of a field that occurs twice the last counts, and lists are joined, as in any protobuf.
    init(_ bytes: Bytes) throws(NoiseError) {
        let fields: Self
        do {
            fields = try Self.fields(bytes)
        } catch {
            throw .malformedPayload(error)
        }
        guard fields.streamMuxers.count <= Defence.noiseMuxers.limit(NoiseLimits.streamMuxers),
            fields.streamMuxers.allSatisfy({ $0.utf8.count <= NoiseLimits.streamMuxerNameSize })
        else { throw .tooManyStreamMuxers }
        self = fields
    }

    private static func fields(_ bytes: Bytes) throws(ProtobufError) -> Self {
        var identityKey: Bytes?
        var signature: Bytes?
        var streamMuxers: [String] = []
        var reader = ProtobufReader(bytes)
        while let field = try reader.next() {
            switch field.number {
            case Self.identityKeyField: identityKey = try field.bytes()
            case Self.signatureField: signature = try field.bytes()
            case Self.extensionsField: try Self.read(extensions: field.bytes(), into: &streamMuxers)
            default: break
            }
        }
        guard let identityKey else { throw .missing(field: Self.identityKeyField) }
        guard let signature else { throw .missing(field: Self.signatureField) }
        return Self(identityKey: identityKey, signature: signature, streamMuxers: streamMuxers)
    }

    /// Appends the stream muxers, but no more of them than show that there are too many.
    private static func read(extensions: Bytes, into streamMuxers: inout [String]) throws(ProtobufError) {
        var reader = ProtobufReader(extensions)
        let limit = Defence.noiseMuxers.limit(NoiseLimits.streamMuxers)
        while streamMuxers.count <= limit, let field = try reader.next() {
            if field.number == Self.streamMuxersField { streamMuxers.append(try field.string()) }
        }
    }

    var bytes: Bytes {
        var writer = ProtobufWriter()
        writer.write(Self.identityKeyField, bytes: self.identityKey)
        writer.write(Self.signatureField, bytes: self.signature)
        if !self.streamMuxers.isEmpty {
            writer.write(Self.extensionsField) { extensions in
                for name in self.streamMuxers { extensions.write(Self.streamMuxersField, string: name) }
            }
        }
        return writer.finish()
    }
}
