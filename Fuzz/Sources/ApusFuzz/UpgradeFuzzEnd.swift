import Bytes
import Noise
import Yamux

@testable import ConnectionUpgrade

/// One end of a connection from its first byte on: multistream-select, Noise, the muxer's negotiation where the handshake
/// did not agree on it, and Yamux, put together as `UpgradeSession` and `MuxedConnection` put them together on a socket.
///
/// Those two are bound to a socket and a loop's thread, under which an input would not always mean the same.
final class UpgradeFuzzEnd {
    let isDialer: Bool
    private var security: UpgradeNegotiation?
    private let noise: NoiseFuzzEnd
    private var muxer: UpgradeNegotiation?
    private var isSecured = false
    let yamux: YamuxFuzzEnd
    /// Streams can be opened.
    private(set) var isEstablished = false
    /// Why the connection ended.
    private(set) var failure: String?
    /// What goes out before the session's frames.
    private var output: [UInt8] = []
    private var plaintext: [UInt8] = []

    init(isDialer: Bool, streamMuxers: [String], _ configuration: YamuxConfiguration) {
        self.isDialer = isDialer
        self.noise = NoiseFuzzEnd(
            NoiseFixture.handshake(
                isDialer ? .initiator : .responder, expectedPeer: isDialer ? FixedKeys.otherPeer : nil,
                streamMuxers: streamMuxers, verifiedKeys: NoiseFixture.loop.verifiedKeys))
        self.security = Self.negotiation(UpgradeNegotiation.security, isDialer)
        self.yamux = YamuxFuzzEnd(isDialer ? .dialer : .listener, configuration)
        self.advance()
    }

    private static func negotiation(_ protocolID: String, _ isDialer: Bool) -> UpgradeNegotiation {
        do {
            return try UpgradeNegotiation(protocolID, isDialer: isDialer)
        } catch {
            preconditionFailure("the name can be proposed: \(error)")
        }
    }

    private func advance() {
        self.security?.appendOutput(to: &self.output)
        // A dialer's first handshake message goes out behind its only proposal, without waiting for the answer.
        if let message = self.noise.nextOutput() { self.output.append(message) }
        if let message = self.noise.takeLastOutput() { self.output.append(message) }
        self.muxer?.appendOutput(to: &self.plaintext)
    }

    // MARK: What comes in

    /// Takes a piece of the byte stream. Any error ends the connection, and nothing else does.
    func receive(_ bytes: Bytes) {
        guard self.failure == nil else { return }
        var reader = BytesReader(bytes)
        do {
            if self.security != nil {
                guard try self.security?.receive(&reader) == true else { return self.advance() }
                self.security?.appendOutput(to: &self.output)
                self.security = nil
            }
        } catch {
            self.security?.appendOutput(to: &self.output)
            return self.fail("\(error)")
        }
        self.noise.receive(&reader) { self.received($0) }
        if let error = self.noise.error { return self.fail("\(error)") }
        self.secureIfComplete()
        self.advance()
    }

    private func secureIfComplete() {
        guard self.noise.isSecured, !self.isSecured else { return }
        self.isSecured = true
        if self.noise.streamMuxer == nil {
            self.muxer = Self.negotiation(UpgradeNegotiation.muxer, self.isDialer)
        } else {
            self.isEstablished = true
        }
    }

    /// Takes the plaintext of one message.
    private func received(_ plaintext: Bytes) {
        self.secureIfComplete()
        guard self.failure == nil else { return }
        var rest = plaintext
        do {
            if self.muxer != nil {
                var reader = BytesReader(plaintext)
                defer { self.muxer?.appendOutput(to: &self.plaintext) }
                guard try self.muxer?.receive(&reader) == true else { return }
                self.muxer?.appendOutput(to: &self.plaintext)
                self.muxer = nil
                self.isEstablished = true
                rest = reader.readRest()
            }
            try self.yamux.receive(rest)
        } catch let error as YamuxError {
            self.yamux.fail(error)
            self.fail("\(error)")
        } catch {
            self.fail("\(error)")
        }
    }

    private func fail(_ reason: String) {
        precondition(!reason.isEmpty, "an error is a sentence")
        self.failure = self.failure ?? reason
    }

    func advance(by duration: Duration) {
        do {
            try self.yamux.advance(by: duration)
        } catch {
            self.yamux.fail(error)
            self.fail("\(error)")
        }
    }

    // MARK: What leaves

    /// What is sent in the clear: negotiation and handshake.
    func takeOutput() -> Bytes? {
        defer { self.output = [] }
        return self.output.isEmpty ? nil : Bytes(self.output)
    }

    /// The plaintext of the next message: the muxer's negotiation, and frames as they fit.
    func nextPlaintext(frames: Int) -> [UInt8]? {
        guard self.isSecured else { return nil }
        self.muxer?.appendOutput(to: &self.plaintext)
        var message = self.plaintext
        self.plaintext = []
        // A dialer sends its first frames behind its only proposal.
        if self.isEstablished || self.muxer?.isOptimistic == true {
            for _ in 0..<frames {
                let room = NoiseLimits.maximumPlaintextSize - message.count - YamuxHeader.length
                guard room > 0, self.yamux.sendFrame(maximumPayload: room, { $0(&message) }) else { break }
            }
        }
        return message.isEmpty ? nil : message
    }

    func seal(_ plaintext: Bytes) -> Bytes? { self.noise.seal(plaintext) }

    var hasOutput: Bool {
        guard self.failure == nil else { return false }
        return !self.output.isEmpty || !self.plaintext.isEmpty || (self.isEstablished && self.yamux.hasOutput)
    }
}
