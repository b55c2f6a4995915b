import Bytes
import MultistreamSelect
import Transport

/// Agrees on the protocol of a stream that we opened.
///
/// Where the peer is known to support the protocol, the stream is handed over at once and the peer's answer is only
/// checked when it comes, in front of the first data.
final class OutboundNegotiation: StreamNegotiation {
    private var dialer: MultistreamDialer
    private let protocols: [String]
    private var completion: ((Result<LoopStream, StreamError>) -> Void)?

    init(
        protocols: [String], completion: @escaping (Result<LoopStream, StreamError>) -> Void
    ) throws(MultistreamError) {
        self.protocols = protocols
        self.dialer = try MultistreamDialer(protocols: protocols)
        self.completion = completion
    }

    func begin(on stream: LoopStream) {
        if let output = self.dialer.nextOutput() { stream.write(output) }
    }

    /// Hands the stream over as if the peer had agreed already.
    func assume(_ protocolID: String, on stream: LoopStream) {
        self.handOver(stream, protocolID)
    }

    private func handOver(_ stream: LoopStream, _ protocolID: String) {
        let completion = self.completion
        self.completion = nil
        do {
            try stream.agree(on: protocolID)
        } catch {
            stream.negotiation = nil
            stream.reset()
            completion?(.failure(.refused(error)))
            return
        }
        completion?(.success(stream))
    }

    func received(_ bytes: borrowing Chunk, on stream: LoopStream) -> Int {
        var used = 0
        do {
            let agreed = try bytes.withUnsafeBytes { memory throws(MultistreamError) -> String? in
                var reader = BytesReader(unsafe: memory)
                defer { used = reader.position }
                return try self.dialer.receive(&reader)
            }
            if let output = self.dialer.nextOutput() { stream.write(output) }
            guard let agreed else { return used }
            stream.negotiation = nil
            if self.completion != nil { self.handOver(stream, agreed) }
        } catch .refused {
            self.fail(stream, .protocolsNotSupported(self.protocols))
            return bytes.count
        } catch {
            self.fail(stream, .closed(.protocolViolation("\(error)")))
            return bytes.count
        }
        return used
    }

    private func fail(_ stream: LoopStream, _ error: StreamError) {
        stream.negotiation = nil
        let completion = self.completion
        self.completion = nil
        // The peer was taken to support it: the next stream asks first.
        if completion == nil { stream.connection.forgetSupport(of: self.protocols) }
        stream.reset(.protocolViolation("\(error)"))
        completion?(.failure(error))
    }

    func ended(_ stream: LoopStream, _ reason: StreamCloseReason) {
        let completion = self.completion
        self.completion = nil
        completion?(.failure(.closed(reason)))
    }
}
