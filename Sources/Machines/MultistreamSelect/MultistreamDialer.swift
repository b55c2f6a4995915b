public import Bytes

/// The side of a negotiation that proposes protocols (multistream-select README; libp2p connections/README.md).
///
/// The caller sends what `nextOutput` gives before it waits for the peer, and again after each `receive`.
public struct MultistreamDialer: Sendable {
    private let proposals: [String]
    private var current = 0
    private var isHeaderSent = false
    private var isProposalSent = false
    private var isHeaderReceived = false
    private var isAgreed = false
    private var messages = MultistreamMessageReader()

    /// Begins a negotiation for one of `protocols`, which are proposed in their order.
    public init(protocols: [String]) throws(MultistreamError) {
        guard !protocols.isEmpty else { throw .nothingToPropose }
        for name in protocols where !MultistreamMessage.isValid(protocolName: name) {
            throw .invalidProtocolName(name)
        }
        self.proposals = protocols
    }

    /// The protocol that is the only one left to agree on, or nil while there are others.
    ///
    /// Once it is proposed, the caller may send the protocol's data straight behind the proposal and hand in the answer
    /// when it comes: it can only be agreement or an error. A peer that refuses reads that data as proposals, so only
    /// data that tolerates this should be sent early.
    public var onlyProposalLeft: String? {
        self.current == self.proposals.count - 1 ? self.proposals[self.current] : nil
    }

    /// The protocol that was agreed on.
    public var agreedProtocol: String? { self.isAgreed ? self.proposals[self.current] : nil }

    /// What to send now: the header with the first proposal, or the proposal that follows a refusal.
    public mutating func nextOutput() -> Bytes? {
        guard !self.isProposalSent else { return nil }
        var writer = BytesWriter()
        if !self.isHeaderSent { MultistreamMessage.append(MultistreamMessage.header, to: &writer) }
        MultistreamMessage.append(self.proposals[self.current], to: &writer)
        self.isHeaderSent = true
        self.isProposalSent = true
        return writer.finish()
    }

    /// Takes what the peer sent and returns the agreed protocol when the negotiation is over.
    ///
    /// No byte behind the negotiation is read: what is left in `input` then belongs to the protocol.
    public mutating func receive(_ input: inout BytesReader) throws(MultistreamError) -> String? {
        while self.agreedProtocol == nil, let message = try self.messages.next(&input) {
            let proposal = self.proposals[self.current]
            if !self.isHeaderReceived {
                guard message == MultistreamMessage.header else { throw .wrongHeader(message) }
                self.isHeaderReceived = true
            } else if message.utf8.elementsEqual(proposal.utf8) {
                self.isAgreed = true
            } else if message != MultistreamMessage.notAvailable {
                throw .unexpectedAnswer(message, to: proposal)
            } else if self.onlyProposalLeft != nil {
                throw .refused(proposals: self.proposals)
            } else {
                self.current += 1
                self.isProposalSent = false
            }
        }
        return self.agreedProtocol
    }

    /// Why the negotiation failed when the peer's input ends before it is over.
    public var errorAtEndOfInput: MultistreamError { .ended }
}
