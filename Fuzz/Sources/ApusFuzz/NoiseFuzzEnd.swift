import Bytes
import Cryptography
import PeerIdentity

@testable import Noise

/// What every Noise target needs and would pay for at each execution: static keys, and the memory of the cipher.
enum NoiseFixture {
    static let initiatorKey = Self.staticKey(FixedKeys.signer, seed: 1)
    static let responderKey = Self.staticKey(FixedKeys.other, seed: 2)

    static func key(of role: NoiseRole) -> NoiseStaticKey { role == .initiator ? Self.initiatorKey : Self.responderKey }

    private static func staticKey(_ identity: PrivateKey, seed: UInt64) -> NoiseStaticKey {
        var generator = FixedGenerator(seed: seed)
        do {
            return try NoiseStaticKey(identity: identity, using: &generator)
        } catch {
            preconditionFailure("an Ed25519 key signs: \(error)")
        }
    }

    /// What a loop has for its connections. The fuzzer is one thread, which keeps one.
    final class Loop {
        let context: ChaChaPolyContext
        let verifiedKeys = VerifiedStaticKeys(limit: 4)

        init() {
            do {
                self.context = try ChaChaPolyContext()
            } catch {
                preconditionFailure("OpenSSL has the cipher: \(error)")
            }
        }
    }

    nonisolated(unsafe) static let loop = Loop()

    static func handshake(
        _ role: NoiseRole, expectedPeer: PeerID? = nil, streamMuxers: [String] = ["/yamux/1.0.0"],
        prologue: Bytes = Bytes(),
        verifiedKeys: VerifiedStaticKeys? = nil
    ) -> NoiseHandshake {
        var generator = FixedGenerator(seed: role == .initiator ? 3 : 4)
        do {
            return try NoiseHandshake(
                role: role, staticKey: Self.key(of: role), expectedPeer: expectedPeer, streamMuxers: streamMuxers,
                prologue: prologue, context: Self.loop.context, verifiedKeys: verifiedKeys, using: &generator)
        } catch {
            preconditionFailure("a handshake begins with fixed keys: \(error)")
        }
    }
}

/// One end of a connection that is secured by Noise: its handshake, then its two ciphers.
final class NoiseFuzzEnd {
    private var handshake: NoiseHandshake?
    private var session: NoiseSession?
    /// What has come of a transport message and its length.
    private var arrived: [UInt8] = []
    private(set) var error: NoiseError?

    init(_ handshake: consuming NoiseHandshake) { self.handshake = consume handshake }

    var isSecured: Bool { self.session != nil && self.error == nil }
    var remotePeer: PeerID? { self.session?.remotePeer }
    var transcriptHash: Bytes? { self.session?.transcriptHash }
    /// The muxer that the handshake agreed on.
    var streamMuxer: String? { self.session?.streamMuxer }

    /// The next handshake message.
    func nextOutput() -> Bytes? { self.handshake?.nextOutput() }

    /// Takes what came in; `open` is called with the plaintext of each transport message.
    func receive(_ reader: inout BytesReader, _ open: (Bytes) -> Void) {
        guard self.error == nil else { return }
        do {
            if self.session == nil { try self.shakeHands(&reader) }
            if self.session != nil { try self.openMessages(&reader, open) }
        } catch {
            _ = error.description
            self.error = error
        }
    }

    private func shakeHands(_ reader: inout BytesReader) throws(NoiseError) {
        guard var handshake = self.handshake.take() else { return }
        do {
            guard try handshake.receive(&reader) else {
                precondition(reader.isAtEnd, "all of the input is used up")
                self.handshake = consume handshake
                return
            }
        } catch {
            precondition(!handshake.isComplete, "a handshake that failed is not over")
            precondition(handshake.nextOutput() == nil, "nothing is sent after an error")
            throw error
        }
        self.lastOutput = handshake.nextOutput()
        self.session = handshake.finish()
    }

    /// The last message of an initiator, which its session follows.
    private(set) var lastOutput: Bytes?

    func takeLastOutput() -> Bytes? {
        defer { self.lastOutput = nil }
        return self.lastOutput
    }

    private func openMessages(_ reader: inout BytesReader, _ open: (Bytes) -> Void) throws(NoiseError) {
        self.arrived.append(reader.readRest())
        var position = 0
        defer { self.arrived.removeFirst(position) }
        while self.arrived.count - position >= NoiseLimits.lengthSize {
            let size = Int(self.arrived[position]) << 8 | Int(self.arrived[position + 1])
            let start = position + NoiseLimits.lengthSize
            guard self.arrived.count - start >= size else { return }
            guard size >= ChaChaPolyContext.tagSize else { throw .transportAuthenticationFailed(message: .max) }
            position = start + size
            open(try self.openMessage(Bytes(self.arrived[start..<position])))
        }
    }

    private func openMessage(_ message: Bytes) throws(NoiseError) -> Bytes {
        try Bytes(unsafeUninitializedCapacity: message.count) { output throws(NoiseError) in
            try message.withUnsafeBytes { message throws(NoiseError) in
                guard let base = output.baseAddress else { return 0 }
                try self.session?.receiving.open(message, into: base, using: NoiseFixture.loop.context)
                return message.count - ChaChaPolyContext.tagSize
            }
        }
    }

    /// The transport message of `plaintext`, with its length.
    func seal(_ plaintext: Bytes) -> Bytes? {
        guard self.isSecured, plaintext.count <= NoiseLimits.maximumPlaintextSize else { return nil }
        let size = plaintext.count + ChaChaPolyContext.tagSize
        return Bytes(unsafeUninitializedCapacity: NoiseLimits.lengthSize + size) { output in
            output[0] = UInt8(size >> 8)
            output[1] = UInt8(size & 0xff)
            guard let base = output.baseAddress else { return 0 }
            plaintext.withUnsafeBytes { plaintext in
                do {
                    try self.session?.sending.seal(
                        plaintext, into: base + NoiseLimits.lengthSize, using: NoiseFixture.loop.context)
                } catch {
                    preconditionFailure("few messages are sealed: \(error)")
                }
            }
            return NoiseLimits.lengthSize + size
        }
    }
}
