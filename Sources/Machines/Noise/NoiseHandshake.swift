public import Bytes
public import Cryptography
public import PeerIdentity

/// One side of the Noise XX handshake of libp2p (libp2p noise/README.md; protocol ID `/noise`).
///
/// The caller sends what `nextOutput` gives at the start and after each `receive`, and takes the session with `finish`
/// when `receive` answers true. An error ends the handshake: whatever went wrong, nothing more is sent. Ephemeral keys
/// and the state of the handshake are overwritten when it goes.
public struct NoiseHandshake: ~Copyable {
    /// What multistream-select negotiates for this protocol.
    public static let protocolID = "/noise"

    private let role: NoiseRole
    private let staticKey: NoiseStaticKey
    private let expectedPeer: PeerID?
    private let streamMuxers: [String]
    private let context: ChaChaPolyContext
    private let verifiedKeys: VerifiedStaticKeys?
    private var state: HandshakeState
    /// What has arrived of a message and its length: at most 2 + 65,535 bytes, allocated as they arrive.
    private var arrived: [UInt8] = []
    private var output: Bytes?
    private var failure: NoiseError?
    private var remote: (key: PublicKey, streamMuxer: String?)?

    /// Begins a handshake in the context of the loop that it will run on.
    ///
    /// `expectedPeer` is the peer that was dialled; a responder usually expects nobody. `streamMuxers` are sent in the
    /// order of preference, encrypted, but by a responder to a peer that has not shown who it is. `prologue` is what both
    /// sides must have seen alike before (none on TCP). Signatures that `verifiedKeys` knows are not verified again. The
    /// generator makes the ephemeral key and must be fit for that.
    public init(
        role: NoiseRole, staticKey: NoiseStaticKey, expectedPeer: PeerID? = nil, streamMuxers: [String],
        prologue: Bytes = Bytes(), context: ChaChaPolyContext, verifiedKeys: VerifiedStaticKeys? = nil,
        using generator: inout some RandomNumberGenerator
    ) throws(NoiseError) {
        precondition(streamMuxers.count <= NoiseLimits.streamMuxers, "more stream muxers than a peer reads")
        self.role = role
        self.staticKey = staticKey
        self.expectedPeer = expectedPeer
        self.streamMuxers = streamMuxers
        self.context = context
        self.verifiedKeys = verifiedKeys
        self.state = HandshakeState(
            role: role, prologue: prologue, staticKey: staticKey.privateKey, staticPublicKey: staticKey.publicKey,
            ephemeralKey: X25519.PrivateKey(using: &generator))
        if role == .initiator { try self.writeMessage() }
    }

    /// Whether the peer is known and nothing more is to be received; what `nextOutput` still has must be sent.
    public var isComplete: Bool { self.state.isComplete && self.failure == nil }

    /// What to send now: the next message with its length.
    public mutating func nextOutput() -> Bytes? {
        defer { self.output = nil }
        return self.output
    }

    /// Takes what the peer sent and answers true when the handshake is over.
    ///
    /// No byte behind the peer's last message is read: what is left in `input` then belongs to the session. After an
    /// error every further call throws it again.
    public mutating func receive(_ input: inout BytesReader) throws(NoiseError) -> Bool {
        if let failure = self.failure { throw failure }
        do {
            try self.advance(&input)
        } catch {
            self.failure = error
            self.output = nil
            throw error
        }
        return self.state.isComplete
    }

    private mutating func advance(_ input: inout BytesReader) throws(NoiseError) {
        while !self.state.isComplete, let message = try self.nextMessage(&input) {
            let payload = try self.state.readMessage(message, using: self.context)
            // The payload of message 1 is readable for everybody and proves nothing, so nothing in it is used.
            if let remoteStaticKey = self.state.remoteStaticKey {
                try self.identify(try NoiseHandshakePayload(payload), remoteStaticKey)
            }
            if self.state.isWriting { try self.writeMessage() }
        }
    }

    /// The session; the handshake must be complete.
    public consuming func finish() -> NoiseSession {
        guard self.state.isComplete, let remote = self.remote, let remoteStaticKey = self.state.remoteStaticKey else {
            preconditionFailure("the handshake is not over")
        }
        let role = self.role
        let transcriptHash = self.state.transcriptHash
        let states = self.state.split()
        let peer = remote.key.peerID
        return switch role {
        case .initiator:
            NoiseSession(
                sending: states.fromInitiator, receiving: states.fromResponder, remoteKey: remote.key, remotePeer: peer,
                remoteStaticKey: remoteStaticKey, streamMuxer: remote.streamMuxer, transcriptHash: transcriptHash)
        case .responder:
            NoiseSession(
                sending: states.fromResponder, receiving: states.fromInitiator, remoteKey: remote.key, remotePeer: peer,
                remoteStaticKey: remoteStaticKey, streamMuxer: remote.streamMuxer, transcriptHash: transcriptHash)
        }
    }

    /// Why the handshake failed when the peer's input ends before it is over.
    public var errorAtEndOfInput: NoiseError { .ended }

    /// Writes the message that is this side's turn; only messages 2 and 3 keep a payload secret, so only they have one.
    private mutating func writeMessage() throws(NoiseError) {
        let payload = NoiseHandshakePayload(
            identityKey: self.staticKey.identityKey, signature: self.staticKey.signature,
            streamMuxers: self.streamMuxers)
        let isFirst = self.state.messageIndex == 0
        let message = try self.state.writeMessage(payload: isFirst ? Bytes() : payload.bytes, using: self.context)
        precondition(message.count <= NoiseLimits.maximumMessageSize, "the stream muxers' names are too long")
        var writer = BytesWriter(reserving: NoiseLimits.lengthSize + message.count)
        writer.writeInteger(UInt16(message.count))
        writer.write(message)
        self.output = writer.finish()
    }

    private mutating func identify(
        _ payload: NoiseHandshakePayload, _ remoteStaticKey: X25519.PublicKey
    ) throws(NoiseError) {
        let key = try NoiseIdentity.verify(
            payload, staticKey: remoteStaticKey, expectedPeer: self.expectedPeer, verifiedKeys: self.verifiedKeys)
        let streamMuxer = try StreamMuxerAgreement.agree(
            role: self.role, ours: self.streamMuxers, theirs: payload.streamMuxers)
        self.remote = (key, streamMuxer)
    }

    /// The next message without its length, or nil where the input ends before the message does.
    private mutating func nextMessage(_ input: inout BytesReader) throws(NoiseError) -> Bytes? {
        while true {
            let missing = try self.missingCount()
            if missing == 0 { break }
            guard let part = try? input.readUnsafe(min(missing, input.remaining)), !part.isEmpty else { return nil }
            self.arrived.append(contentsOf: part)
        }
        defer { self.arrived = [] }
        return Bytes(self.arrived.dropFirst(NoiseLimits.lengthSize))
    }

    /// How many bytes the message lacks as far as can be said; a length that is too short for it is refused at once.
    private func missingCount() throws(NoiseError) -> Int {
        guard self.arrived.count >= NoiseLimits.lengthSize else { return NoiseLimits.lengthSize - self.arrived.count }
        let size = Int(self.arrived[0]) << 8 | Int(self.arrived[1])
        guard size >= self.state.minimumMessageSize else {
            throw .messageTooShort(message: self.state.messageIndex + 1)
        }
        return NoiseLimits.lengthSize + size - self.arrived.count
    }
}
