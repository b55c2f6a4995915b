// Three ways to answer a stream, and where each of them runs.
import Apus

/// Callbacks on the connection's event loop: the quickest way. They must not block, and need no locks.
final class EchoHandler: StreamHandler {
    func received(_ bytes: borrowing Chunk, on stream: LoopStream) {
        stream.write(bytes)
        // A peer that sends and does not read is held back, so that its echoes do not pile up here.
        if !stream.isWritable { stream.pauseReading() }
    }

    func writable(_ stream: LoopStream) { stream.resumeReading() }
    func readClosed(_ stream: LoopStream) { stream.closeWrite() }
}

/// A handler may want to know its stream from the start.
final class CountHandler: StreamHandler {
    private var count = 0

    init(_ stream: LoopStream) { stream.write(Bytes(utf8: "\(stream.protocolID): ")) }

    func received(_ bytes: borrowing Chunk, on stream: LoopStream) { self.count += bytes.count }

    func readClosed(_ stream: LoopStream) {
        stream.write(Bytes(utf8: "\(self.count) bytes"))
        stream.closeWrite()
    }
}

/// A handler that asks: it leaves what it gets where a task waits for it.
final class AnswerHandler: StreamHandler {
    private let answer: PendingResult<Bytes>
    private var received = BytesWriter()

    init(_ stream: LoopStream, _ request: Bytes, answer: PendingResult<Bytes>) {
        self.answer = answer
        stream.write(request)
        stream.closeWrite()
    }

    func received(_ bytes: borrowing Chunk, on stream: LoopStream) { self.received.write(bytes.bytes) }

    func closed(_ stream: LoopStream, _ reason: StreamCloseReason) {
        guard reason == .finished else { return self.answer.finish(.failure(StreamError.closed(reason))) }
        self.answer.finish(.success(self.received.finish()))
    }
}

try await withNode(.init(listen: ["/ip4/127.0.0.1/tcp/0"])) { server in
    // Callbacks on the loop, made by an initialiser.
    server.handle("/echo/1.0.0", EchoHandler.init)
    server.handle("/count/1.0.0", CountHandler.init)
    // async, on the connection's loop: must not block, and is woken without a change of threads.
    server.handle("/sum/1.0.0", on: .loop) { stream in
        var sum = 0
        for try await chunk in stream { sum += chunk.reduce(0) { $0 + Int($1) } }
        try await stream.write("\(sum)".utf8)
    }
    // async, on Swift's global executor: for everything else.
    server.handle("/upper/1.0.0") { stream in
        let text = try await stream.readToEnd(limit: 1_024).utf8Text ?? ""
        try await stream.write(text.uppercased().utf8)
    }

    try await withNode { client in
        let connection = try await client.connect(to: server.addresses[0], timeout: .seconds(10))
        for protocolID in ["/echo/1.0.0", "/count/1.0.0", "/sum/1.0.0", "/upper/1.0.0"] {
            let stream = try await connection.openStream([protocolID], timeout: .seconds(10))
            try await stream.write([97, 112, 117, 115])
            try await stream.closeWrite()
            let answer = try await stream.readToEnd(limit: 1_024, timeout: .seconds(10))
            print("\(protocolID) answers \(answer.utf8Text ?? "?")")
        }

        let answer = PendingResult<Bytes>()
        try await connection.openStream(["/echo/1.0.0"]) { stream in
            AnswerHandler(stream, Bytes(utf8: "by callbacks"), answer: answer)
        }
        print("/echo/1.0.0 answers \(try await answer.wait().utf8Text ?? "?")")
    }
}
