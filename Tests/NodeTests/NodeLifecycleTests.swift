import Apus
import Foundation
import Testing

/// A node from its start to its end, and how it is told of both.
struct NodeLifecycleTests {
    private final class EchoHandler: StreamHandler {
        func received(_ bytes: borrowing Chunk, on stream: LoopStream) { stream.write(bytes) }
        func readClosed(_ stream: LoopStream) { stream.closeWrite() }
    }

    private final class NamingHandler: StreamHandler {
        init(_ stream: LoopStream) { stream.write(Bytes(utf8: stream.protocolID)) }
        func received(_ bytes: borrowing Chunk, on stream: LoopStream) {}
        func readClosed(_ stream: LoopStream) { stream.closeWrite() }
    }

    private func configuration(_ network: MemoryNetwork, listen: [String] = []) throws -> NodeConfiguration {
        var configuration = try NodeConfiguration(listen: listen)
        configuration.memoryNetwork = network
        configuration.swarm.loops = 1
        return configuration
    }

    @Test func `a handler is made by an initialiser with or without the stream`() async throws {
        let network = MemoryNetwork()
        try await withNode(self.configuration(network, listen: ["/memory/0"])) { server in
            server.handle("/echo/1.0.0", EchoHandler.init)
            server.handle("/name/1.0.0", NamingHandler.init)
            try await withNode(self.configuration(network)) { client in
                let address = try #require(server.addresses.first)
                for (protocolID, answer) in [("/echo/1.0.0", "hello"), ("/name/1.0.0", "/name/1.0.0")] {
                    let stream = try await client.openStream(to: address, [protocolID])
                    try await stream.write("hello".utf8)
                    try await stream.closeWrite()
                    #expect(try await stream.readToEnd(limit: 100).utf8Text == answer)
                }
            }
        }
    }

    @Test func `a started node connects to its bootstrap peers`() async throws {
        let network = MemoryNetwork()
        try await withNode(self.configuration(network, listen: ["/memory/0"])) { server in
            let events = server.events
            var configuration = try self.configuration(network)
            configuration.bootstrap = server.addresses
            try await withNode(configuration) { client in
                for await case .connected(let connection) in events {
                    #expect(connection.remotePeer == client.peerID)
                    break
                }
            }
        }
    }

    @Test func `a peer is reached by its name at the addresses that were noted`() async throws {
        let network = MemoryNetwork()
        try await withNode(self.configuration(network, listen: ["/memory/0"])) { server in
            try await withNode(self.configuration(network)) { client in
                await #expect(throws: DialError.self) { _ = try await client.connect(to: server.peerID) }
                client.addAddresses(server.addresses, of: server.peerID)
                let connection = try await client.connect(to: server.peerID)
                #expect(client.connections == [connection])
                await client.disconnect(server.peerID)
                #expect(connection.closeReason == .closedLocally)
            }
        }
    }

    @Test func `a node that runs ends without an error when its task is cancelled`() async throws {
        let node = try await Node(self.configuration(MemoryNetwork(), listen: ["/memory/0"]))
        let events = node.events
        try await withThrowingTaskGroup { group in
            group.addTask { try await node.run() }
            for await case .listening in events { break }
            group.cancelAll()
            try await group.waitForAll()
        }
        // The loops have ended with the node.
        for await _ in events {}
    }

    @Test func `shutdown ends a node that runs, and whoever asks twice waits for the end`() async throws {
        let node = try await Node(self.configuration(MemoryNetwork(), listen: ["/memory/0"]))
        let events = node.events
        try await withThrowingTaskGroup { group in
            group.addTask { try await node.run() }
            for await case .listening in events { break }
            async let first: Void = node.shutdown()
            await node.shutdown()
            await first
            try await group.waitForAll()
        }
        #expect(node.addresses.isEmpty)
        var stopped: [Multiaddr] = []
        for await case .stoppedListening(let address) in events { stopped.append(address) }
        #expect(stopped.map(\.peerID) == [node.peerID])
    }

    @Test func `a node that cannot be made leaves no key behind`() async throws {
        let path = FileManager.default.temporaryDirectory.appendingPathComponent("apus-\(UUID()).key").path
        let peer = try PrivateKey.generate(.ed25519).peerID
        for address in ["/ip4/0.0.0.0/tcp/1", "/ip4/1.2.3.4/tcp/1/p2p/\(peer)"] {
            var configuration = try NodeConfiguration(identity: .file(path))
            configuration.announce = [try Multiaddr(address)]
            await #expect(throws: AnnounceError.self) { _ = try await Node(configuration) }
        }
        #expect(!FileManager.default.fileExists(atPath: path))
    }
}
