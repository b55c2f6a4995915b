/// Why a negotiation failed.
public enum MultistreamError: Error, Hashable, Sendable {
    /// A dialer was given no protocol to propose.
    case nothingToPropose
    /// A protocol name of this node cannot be sent: it is empty, too long, has a newline, or is a word of the protocol.
    case invalidProtocolName(String)
    /// The peer's first message is not `/multistream/1.0.0`.
    case wrongHeader(String)
    /// The peer announces a message of more bytes than `MultistreamLimits.messageSize`.
    case messageTooLong
    /// A message of the peer has no newline at its end, is not UTF-8 or has a malformed length.
    case malformedMessage
    /// The peer refused every proposal.
    case refused(proposals: [String])
    /// The peer answered a proposal with something other than the proposal or `na`.
    case unexpectedAnswer(String, to: String)
    /// The peer proposed only protocols that this node does not offer, and then gave up or sent something else.
    case notOffered(lastProposal: String)
    /// The peer goes on proposing or listing without an end.
    case tooManyRequests
    /// The peer closed its side before the negotiation ended.
    case ended
}

extension MultistreamError: CustomStringConvertible {
    public var description: String {
        switch self {
        case .nothingToPropose:
            "there is no protocol to propose"
        case .invalidProtocolName(let name):
            "\(printable(name)) cannot be negotiated: a protocol name has 1 to \(MultistreamLimits.messageSize - 1) "
                + "bytes and no newline"
        case .wrongHeader(let header):
            "the peer does not speak multistream-select 1.0.0: it began with \(printable(header))"
        case .messageTooLong:
            "the peer sent a negotiation message of more than \(MultistreamLimits.messageSize) bytes"
        case .malformedMessage:
            "the peer sent a malformed negotiation message"
        case .refused(let proposals) where proposals.count == 1:
            "the peer does not offer the protocol \(proposals.map(printable).joined())"
        case .refused(let proposals):
            "the peer offers none of the protocols \(proposals.map(printable).joined(separator: ", "))"
        case .unexpectedAnswer(let answer, let proposal):
            "the peer answered the proposal \(printable(proposal)) with \(printable(answer))"
        case .notOffered(let proposal):
            "the peer asked for a protocol that this node does not offer: \(printable(proposal))"
        case .tooManyRequests:
            "the peer goes on negotiating without an end"
        case .ended:
            "the peer closed the stream during the negotiation"
        }
    }
}

/// `text` for a log line: what a peer chose must neither control a terminal nor fill the log.
private func printable(_ text: String) -> String {
    let shown = text.unicodeScalars.prefix(140).map { $0.escaped(asASCII: true) }.joined()
    let rest = text.unicodeScalars.dropFirst(140).isEmpty ? "" : "…"
    return shown.isEmpty ? "an empty name" : shown + rest
}
