import Bytes
import MultistreamSelect
import Transport

/// Agrees on the protocol of a stream that the peer opened, and hands the stream to the router.
final class InboundNegotiation: StreamNegotiation {
    private var listener = MultistreamListener()
    private let router: any StreamRouter

    init(router: any StreamRouter) {
        self.router = router
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
            if let output = self.listener.nextOutput() { stream.write(output) }
            stream.negotiation = nil
            stream.reset()
            return bytes.count
        }
        if let output = self.listener.nextOutput() { stream.write(output) }
        guard let agreed else { return used }
        stream.negotiation = nil
        stream.protocolID = agreed
        self.router.serve(stream)
        return used
    }

    func ended(_ stream: LoopStream, _ reason: StreamCloseReason) {}
}
