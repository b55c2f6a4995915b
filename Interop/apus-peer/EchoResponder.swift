import Apus

/// Sends back what comes in until the peer half-closes, and holds back its sender while the answers wait.
final class EchoResponder: StreamHandler {
    func received(_ bytes: borrowing Chunk, on stream: LoopStream) {
        stream.write(bytes)
        if !stream.isWritable { stream.pauseReading() }
    }

    func writable(_ stream: LoopStream) { stream.resumeReading() }

    func readClosed(_ stream: LoopStream) { stream.closeWrite() }
}
