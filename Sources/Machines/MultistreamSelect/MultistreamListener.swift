public import Bytes

/// The side of a negotiation that accepts or refuses proposals (multistream-select README).
///
/// The header goes out with the answer where both are due at once, as the README recommends, and alone where a dialer
/// waits for it before it proposes. So the caller sends what `nextOutput` gives after each `receive`.
public struct MultistreamListener: Sendable {
    /// The protocol that was agreed on.
    public private(set) var agreedProtocol: String?

    private var isHeaderReceived = false
    private var lastRefusal: String?
    private var refusals = 0
    private var listings = 0
    private var output = BytesWriter()
    private var messages = MultistreamMessageReader()

    public init() {}

    /// What to send now.
    public mutating func nextOutput() -> Bytes? {
        guard self.output.count > 0 else { return nil }
        defer { self.output = BytesWriter() }
        return self.output.finish()
    }

    /// Takes what the peer sent and returns the agreed protocol when the negotiation is over.
    ///
    /// No byte behind the negotiation is read: what is left in `input` then belongs to the protocol. `accepts` says
    /// whether this node offers a protocol, and `list` names those it does for a dialer that asks. After an error there
    /// can still be output, which is worth sending before the stream is reset: the refusal that a dialer waits for.
    public mutating func receive(
        _ input: inout BytesReader, accepts: (String) -> Bool, list: () -> [String]
    ) throws(MultistreamError) -> String? {
        while self.agreedProtocol == nil, let message = try self.nextMessage(&input) {
            if !self.isHeaderReceived {
                guard message == MultistreamMessage.header else { throw .wrongHeader(message) }
                self.isHeaderReceived = true
                MultistreamMessage.append(MultistreamMessage.header, to: &self.output)
            } else if message == MultistreamMessage.list {
                self.listings += 1
                guard Defence.multistreamListings.holds(self.listings <= MultistreamLimits.listings) else {
                    throw .tooManyRequests
                }
                MultistreamMessage.append(listing: list(), to: &self.output)
            } else if MultistreamMessage.isValid(protocolName: message), accepts(message) {
                self.agreedProtocol = message
                MultistreamMessage.append(message, to: &self.output)
            } else {
                self.refusals += 1
                self.lastRefusal = message
                guard Defence.multistreamProposals.holds(self.refusals <= MultistreamLimits.refusedProposals) else {
                    throw .tooManyRequests
                }
                MultistreamMessage.append(MultistreamMessage.notAvailable, to: &self.output)
            }
        }
        return self.agreedProtocol
    }

    /// Why the negotiation failed when the peer's input ends before it is over.
    public var errorAtEndOfInput: MultistreamError {
        self.lastRefusal.map { .notOffered(lastProposal: $0) } ?? .ended
    }

    /// The next message. What cannot be read behind a refusal is data that the dialer sent early with its only proposal,
    /// so the refusal is the reason that a person wants to know.
    private mutating func nextMessage(_ input: inout BytesReader) throws(MultistreamError) -> String? {
        do {
            return try self.messages.next(&input)
        } catch {
            throw self.lastRefusal.map { .notOffered(lastProposal: $0) } ?? error
        }
    }
}
