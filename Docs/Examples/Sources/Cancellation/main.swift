// What deadlines, cancellation and resets do to a stream, shown on a peer that echoes (ChatNode).
//
//     Cancellation MULTIADDR
import Apus

let address = try Multiaddr(CommandLine.arguments[1])
try await withNode { node in
    let stream = try await node.openStream(to: address, ["/chat/1.0.0"], timeout: .seconds(10))

    // The peer echoes nothing, since nothing was written: the deadline passes.
    do {
        _ = try await stream.read(timeout: .milliseconds(50))
    } catch StreamError.timedOut {
        print("the read took too long")
    }

    // A task that waits for the peer is cancelled like any other.
    try await withThrowingTaskGroup(of: Bytes?.self) { group in
        group.addTask { try await stream.read() }
        group.cancelAll()
        do {
            _ = try await group.next()
        } catch is CancellationError {
            print("the read was cancelled")
        }
    }

    // Neither took anything from the stream.
    try await stream.write("still here".utf8)
    print("echo: \(try await stream.read(exactly: 10, timeout: .seconds(10)).utf8Text ?? "?")")

    // A reset ends both directions at once, for the peer too. So does letting go of a stream that is not closed.
    stream.reset()
    do {
        try await stream.write("too late".utf8)
    } catch StreamError.closed(let reason) {
        print("the write failed: \(reason)")
    }

    // None of this hurts the connection.
    print("connections: \(node.connections.count)")
}
