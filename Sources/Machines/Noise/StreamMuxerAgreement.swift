/// The choice of a stream muxer inside the handshake (libp2p connections/inlined-muxer-negotiation.md, "Multiplexer
/// Negotiation over Noise").
enum StreamMuxerAgreement {
    /// The first of the initiator's muxers that the responder has too.
    ///
    /// It is nil where a side names none, as rust-libp2p does: then a muxer is negotiated on the encrypted connection.
    /// Two lists without a common name end the handshake.
    static func agree(role: NoiseRole, ours: [String], theirs: [String]) throws(NoiseError) -> String? {
        guard !ours.isEmpty, !theirs.isEmpty else { return nil }
        let (initiator, responder) = role == .initiator ? (ours, theirs) : (theirs, ours)
        guard let muxer = initiator.first(where: responder.contains) else {
            throw .noCommonStreamMuxer(offered: theirs)
        }
        return muxer
    }
}
