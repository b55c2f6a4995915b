import Bytes
import MultistreamSelect

/// Agrees on the one protocol that this node has for a step of the upgrade: Noise on the bare socket, or Yamux inside Noise
/// where the handshake did not agree on it.
struct UpgradeNegotiation {
    static let security = "/noise"
    static let muxer = "/yamux/1.0.0"

    private enum Side {
        case dialer(MultistreamDialer)
        case listener(MultistreamListener)
    }

    private let protocolID: String
    private var side: Side

    init(_ protocolID: String, isDialer: Bool) throws(MultistreamError) {
        self.protocolID = protocolID
        self.side =
            isDialer ? .dialer(try MultistreamDialer(protocols: [protocolID])) : .listener(MultistreamListener())
    }

    /// Whether what follows may be sent before the answer: a dialer proposes one protocol only and means it.
    var isOptimistic: Bool {
        if case .dialer = self.side { true } else { false }
    }

    /// Appends what is to be sent now.
    mutating func appendOutput(to bytes: inout [UInt8]) {
        switch self.side {
        case .dialer(var dialer):
            if let output = dialer.nextOutput() { bytes.append(contentsOf: output) }
            self.side = .dialer(dialer)
        case .listener(var listener):
            if let output = listener.nextOutput() { bytes.append(contentsOf: output) }
            self.side = .listener(listener)
        }
    }

    /// Whether the protocol is agreed on; reads no byte behind the negotiation.
    mutating func receive(_ input: inout BytesReader) throws(MultistreamError) -> Bool {
        switch self.side {
        case .dialer(var dialer):
            defer { self.side = .dialer(dialer) }
            return try dialer.receive(&input) != nil
        case .listener(var listener):
            defer { self.side = .listener(listener) }
            return try listener.receive(
                &input, accepts: { Defence.securedOnly.holds($0 == self.protocolID) }, list: { [self.protocolID] })
                != nil
        }
    }

    /// What went wrong when the peer closes the connection before there is an agreement.
    var errorAtEndOfInput: MultistreamError {
        switch self.side {
        case .dialer(let dialer): dialer.errorAtEndOfInput
        case .listener(let listener): listener.errorAtEndOfInput
        }
    }
}
