// What README.md and the documentation show, as it stands there: `check` compares them line by line.
import Apus

func answer() async throws {
    let node = try await Node(.init(identity: .file("peer.key"), listen: ["/ip4/0.0.0.0/tcp/4001"]))
    node.handle("/chat/1.0.0") { stream in for try await chunk in stream { try await stream.write(chunk) } }
    try await node.run()  // listens, runs until cancelled or shut down, then drains
}

func ask(_ peer: Multiaddr, _ request: Bytes) async throws {
    try await withNode(.init()) { node in  // started before the closure, drained after it
        let stream = try await node.openStream(to: peer, ["/chat/1.1.0", "/chat/1.0.0"], timeout: .seconds(10))
        try await stream.write(request)
        try await stream.closeWrite()
        let answer = try await stream.readToEnd(limit: 1 << 20)
        print(answer.utf8Text ?? "\(answer)")
    }
}

func follow(_ node: Node) async {
    for await event in node.events {
        if case .connected(let connection) = event { print("connected to \(connection.remotePeer)") }
    }
}

func places(_ node: Node) {
    node.handle("/chat/1.0.0") { stream in for try await chunk in stream { try await stream.write(chunk) } }
    node.handle("/sync/1.0.0", on: .loop) { stream in for try await chunk in stream { try await stream.write(chunk) } }
    node.handle("/perf/1.0.0", PerfHandler.init)
}

final class PerfHandler: StreamHandler {
    func received(_ bytes: borrowing Chunk, on stream: LoopStream) {}
    func readClosed(_ stream: LoopStream) { stream.closeWrite() }
}
