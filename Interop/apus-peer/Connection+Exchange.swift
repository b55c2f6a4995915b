import Apus
import Synchronization

extension Connection {
    /// Opens a stream for a handler that comes to a result, and waits for it. A cancelled task resets the stream.
    func exchange<Value: Sendable>(
        _ protocolID: String,
        _ makeHandler: @escaping @Sendable (LoopStream, PendingResult<Value>) -> any StreamHandler
    ) async throws -> Value {
        let result = PendingResult<Value>()
        let opened = Mutex<LoopBound<LoopStream>?>(nil)
        try await self.openStream([protocolID]) { stream in
            let bound = LoopBound(stream, on: stream.loop)
            opened.withLock { $0 = bound }
            return makeHandler(stream, result)
        }
        return try await result.wait(onCancel: {
            guard let stream = opened.withLock({ $0 }) else { return }
            stream.loop.execute { stream.value.reset() }
        })
    }
}
