/// A side of the handshake.
public enum NoiseRole: Sendable {
    /// The side that dialled, which writes the first and the third message.
    case initiator
    /// The side that listened, which writes the second message.
    case responder
}
