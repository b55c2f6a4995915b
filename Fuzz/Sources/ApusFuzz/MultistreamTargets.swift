import Bytes
import MultistreamSelect

/// How a negotiation ended: with what error or protocol, what this side said, and what is left for the protocol.
private struct NegotiationOutcome: Equatable {
    var agreed: String?
    var error: MultistreamError?
    var output: [UInt8] = []
    var rest: [UInt8] = []
}

extension FuzzTarget {
    private static let offered = ["/noise", "/yamux/1.0.0", "/ipfs/ping/1.0.0"]

    /// The input as the answers of a listener, whole and byte by byte.
    static let multistreamDialer = FuzzTarget(name: "multistream-dialer") { input in
        precondition(dial([input]) == dial(input.indices.map { input[$0..<$0 + 1] }), "a cut changes nothing")
    } seeds: {
        let header = "\u{13}/multistream/1.0.0\n"
        return [
            Bytes(utf8: header + "\u{7}/noise\n" + "rest"), Bytes(utf8: header + "\u{3}na\n\u{e}/yamux/1.0.0\n"),
            Bytes(utf8: header + "\u{3}na\n\u{3}na\n\u{3}na\n"),
        ]
    }

    /// The input as a dialer's proposals, whole and byte by byte.
    static let multistreamListener = FuzzTarget(name: "multistream-listener") { input in
        precondition(listen([input]) == listen(input.indices.map { input[$0..<$0 + 1] }), "a cut changes nothing")
    } seeds: {
        let header = "\u{13}/multistream/1.0.0\n"
        return [
            Bytes(utf8: header + "\u{7}/noise\n" + "rest"), Bytes(utf8: header + "\u{3}ls\n\u{e}/yamux/1.0.0\n"),
            Bytes(utf8: header + "\u{c}/tls/1.0.0\n" + "\u{7}/noise\n"),
        ]
    }

    private static func dial(_ parts: [Bytes]) -> NegotiationOutcome {
        guard var dialer = try? MultistreamDialer(protocols: Self.offered) else {
            preconditionFailure("the names are valid")
        }
        var outcome = NegotiationOutcome()
        outcome.output += dialer.nextOutput().map { Array($0) } ?? []
        for part in parts where outcome.error == nil {
            var reader = BytesReader(part)
            do {
                // One proposal at a time is answered, so what was proposed meanwhile does not depend on the cuts.
                outcome.agreed = try dialer.receive(&reader)
                _ = dialer.nextOutput()
            } catch {
                outcome.error = error
                _ = error.description
            }
            if outcome.error == nil { outcome.rest += Array(reader.readRest()) }
        }
        return outcome
    }

    private static func listen(_ parts: [Bytes]) -> NegotiationOutcome {
        var listener = MultistreamListener()
        var outcome = NegotiationOutcome()
        for part in parts where outcome.error == nil {
            var reader = BytesReader(part)
            do {
                outcome.agreed = try listener.receive(&reader) {
                    Self.offered.contains($0)
                } list: {
                    Self.offered
                }
            } catch {
                outcome.error = error
                _ = error.description
            }
            outcome.output += listener.nextOutput().map { Array($0) } ?? []
            if outcome.error == nil { outcome.rest += Array(reader.readRest()) }
        }
        precondition(outcome.agreed.map { Self.offered.contains($0) } ?? true, "only what is offered is agreed on")
        return outcome
    }
}
