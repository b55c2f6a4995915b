import Bytes
import MultistreamSelect

/// Agrees on Yamux inside the secured connection, where the security handshake did not.
struct MuxerNegotiation {
    static let protocolID = "/yamux/1.0.0"

    private enum Side {
        case dialer(MultistreamDialer)
        case listener(MultistreamListener)
    }

    private var side: Side

    init?(isDialer: Bool) {
        if isDialer {
            guard let dialer = try? MultistreamDialer(protocols: [Self.protocolID]) else { return nil }
            self.side = .dialer(dialer)
        } else {
            self.side = .listener(MultistreamListener())
        }
    }

    /// Whether frames may follow before the answer: a dialer proposes one muxer only and means it.
    var isOptimistic: Bool {
        if case .dialer = self.side { true } else { false }
    }

    mutating func appendOutput(to bytes: inout [UInt8]) {
        switch self.side {
        case .dialer(var dialer):
            while let output = dialer.nextOutput() { bytes.append(contentsOf: output) }
            self.side = .dialer(dialer)
        case .listener(var listener):
            while let output = listener.nextOutput() { bytes.append(contentsOf: output) }
            self.side = .listener(listener)
        }
    }

    /// Whether the muxer is agreed on; reads no byte behind the negotiation.
    mutating func receive(_ input: inout BytesReader) throws(MultistreamError) -> Bool {
        switch self.side {
        case .dialer(var dialer):
            defer { self.side = .dialer(dialer) }
            return try dialer.receive(&input) != nil
        case .listener(var listener):
            defer { self.side = .listener(listener) }
            return try listener.receive(&input, accepts: { $0 == Self.protocolID }, list: { [Self.protocolID] }) != nil
        }
    }
}
