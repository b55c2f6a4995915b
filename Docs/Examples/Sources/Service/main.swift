// A node as one of a program's services: SIGTERM or SIGINT ends all of them in order.
//
//     Service [MULTIADDR]
//
// In a ServiceGroup of swift-service-lifecycle, the service's `run` is
// `try await cancelWhenGracefulShutdown { try await node.run() }`.
import Apus
import Foundation

/// Returns when the process is asked to end, or the task is cancelled.
func requestToEnd() async {
    let (requests, continuation) = AsyncStream.makeStream(of: Void.self)
    let sources = [SIGTERM, SIGINT].map { number in
        signal(number, SIG_IGN)
        let source = DispatchSource.makeSignalSource(signal: number)
        source.setEventHandler { continuation.yield() }
        source.activate()
        return source
    }
    for await _ in requests { break }
    for source in sources { source.cancel() }
}

/// Says who comes and goes.
func report(_ events: AsyncStream<NodeEvent>) async {
    for await event in events {
        switch event {
        case .listening(let address): print("listening on \(address)")
        case .connected(let connection): print("\(connection.remotePeer.shortDescription) came")
        case .disconnected(let connection, let reason):
            print("\(connection.remotePeer.shortDescription) went: \(reason)")
        default: break
        }
    }
}

let node = try await Node(.init(listen: [CommandLine.arguments.dropFirst().first ?? "/ip4/127.0.0.1/tcp/0"]))
node.handle("/chat/1.0.0") { stream in for try await chunk in stream { try await stream.write(chunk) } }

// The events end when the node has.
let events = node.events
async let reported: Void = report(events)
await withThrowingTaskGroup(of: Void.self) { group in
    group.addTask {
        // Cancelling `run` is how it is told to end: it says goodbye to every peer, lets streams send what was written,
        // and returns without an error.
        try await node.run()
        print("the node has ended")
    }
    group.addTask { await requestToEnd() }
    do {
        try await group.next()
    } catch {
        print("error: \(error)")
    }
    group.cancelAll()
}
await reported
print("everything has ended")
