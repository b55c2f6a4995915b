import Bytes
import MultistreamSelect
import Transport

/// Agrees on the protocol of a stream that the peer opened, and hands the stream to the router.
final class InboundNegotiation: StreamNegotiation {
    private var listener = MultistreamListener()
    private let router: any StreamRouter
    private let onViolation: (StreamCloseReason) -> Void

    /// `onViolation` is called where the peer breaks the rules, or takes too long.
    init(router: any StreamRouter, onViolation: @escaping (StreamCloseReason) -> Void) {
        self.router = router
        self.onViolation = onViolation
    }

    func received(_ bytes: borrowing Chunk, on stream: LoopStream) -> Int {
        var used = 0
        let agreed: String?
        do {
            agreed = try bytes.withUnsafeBytes { memory throws(MultistreamError) -> String? in
                var reader = BytesReader(unsafe: memory)
                defer { used = reader.position }
                return try self.listener.receive(
                    &reader, accepts: { self.router.accepts($0) }, list: { self.router.protocolIDs() })
            }
        } catch {
            self.giveUp(stream, error)
            return bytes.count
        }
        if let output = self.listener.nextOutput() { stream.write(output) }
        guard let agreed else { return used }
        stream.negotiation = nil
        guard (try? stream.agree(on: agreed)) != nil else {
            stream.reset()
            return used
        }
        self.router.serve(stream)
        return used
    }

    private func giveUp(_ stream: LoopStream, _ error: MultistreamError) {
        // A dialer that sent data early with its only proposal waits for the refusal, which a reset would drop.
        if case .notOffered = error, let output = self.listener.nextOutput() {
            stream.negotiation = nil
            stream.write(output)
            stream.finish()
        } else {
            stream.reset(.protocolViolation("\(error)"))
        }
    }

    func ended(_ stream: LoopStream, _ reason: StreamCloseReason) {
        if case .protocolViolation = reason { self.onViolation(reason) }
    }
}
