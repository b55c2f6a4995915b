import Apus
import Foundation
import Testing

@testable import ApusCommand

/// The commands that dial a peer, by the built program.
struct DialingCommandTests {
    private static let unreachable = "/ip4/127.0.0.1/tcp/1/p2p/\(RunningNode.stranger)"

    @Test func `ping prints each round trip and a summary`() async throws {
        let node = try await RunningNode.start()
        let outcome = try await CommandProcess.run("ping", node.address, "--count", "3", "--interval", "0")
        #expect(outcome.exitCode == 0)
        #expect(outcome.errors == "")
        let lines = outcome.output.split(separator: "\n").map(String.init)
        #expect(lines.count == 5)
        #expect(lines.first?.hasPrefix("PING \(node.peer) at /ip4/127.0.0.1/tcp/") == true)
        #expect(lines.dropFirst().prefix(3).allSatisfy { $0.hasSuffix(" ms") })
        #expect(lines.last?.hasPrefix("3 sent, 3 answered: min ") == true)
    }

    @Test func `ping for programs is an object a line`() async throws {
        let node = try await RunningNode.start()
        let outcome = try await CommandProcess.run("ping", node.address, "--count", "2", "--interval", "10ms", "--json")
        let objects = outcome.output.split(separator: "\n").map { RunningNode.object(String($0)) }
        #expect(objects.map { $0["event"] as? String } == ["ping", "ping", "summary"])
        #expect(objects.prefix(2).map { $0["seq"] as? Int } == [1, 2])
        #expect(objects.prefix(2).allSatisfy { ($0["rtt_ms"] as? Double ?? 0) > 0 })
        #expect(objects.last?["answered"] as? Int == 2)
    }

    @Test func `an interrupted ping says what it found, and succeeds`() async throws {
        let node = try await RunningNode.start()
        let ping = try CommandProcess.start(["ping", node.address, "--count", "0", "--interval", "10ms"])
        #expect(await ping.output.line(containing: "3: ") != nil)
        ping.signal(SIGINT)
        let outcome = try await ping.finish()
        #expect(outcome.exitCode == 0)
        #expect(outcome.output.contains(" answered: min "))
    }

    @Test func `a peer that stops answering loses pings`() async throws {
        let node = try await RunningNode.start()
        let ping = try CommandProcess.start(
            ["ping", node.address, "--count", "0", "--interval", "10ms", "--timeout", "100ms"])
        #expect(await ping.output.line(containing: "1: ") != nil)
        await node.process.stop()
        #expect(await ping.output.line(containing: "no answer within 100 ms") != nil)
        ping.signal(SIGINT)
        let outcome = try await ping.finish()
        #expect(outcome.exitCode == 0, "\(outcome)")
    }

    @Test func `a peer that goes away ends the pings with a summary and one line`() async throws {
        let node = try await RunningNode.start()
        let ping = try CommandProcess.start(["ping", node.address, "--count", "0", "--interval", "10ms"])
        #expect(await ping.output.line(containing: "1: ") != nil)
        node.process.signal(SIGKILL)
        let outcome = try await ping.finish()
        #expect(outcome.exitCode == 1, "\(outcome)")
        #expect(outcome.output.contains(" answered: min "))
        #expect(outcome.errorLines.count == 1)
    }

    @Test func `identify shows what the peer is`() async throws {
        let node = try await RunningNode.start("--agent", "a\u{1b}[31mgent")
        let outcome = try await CommandProcess.run("identify", node.address, "--json")
        #expect(outcome.exitCode == 0)
        let object = outcome.object
        #expect(object["peer"] as? String == node.peer)
        #expect(object["agent"] as? String == "a\u{1b}[31mgent")
        #expect(object["protocol_version"] as? String == "ipfs/0.1.0")
        #expect(
            Set(object["protocols"] as? [String] ?? [])
                == ["/ipfs/id/1.0.0", "/ipfs/id/push/1.0.0", "/ipfs/ping/1.0.0"])
        #expect(object["listen_addrs"] as? [String] == [node.address.components(separatedBy: "/p2p/")[0]])
        #expect((object["observed"] as? String)?.hasPrefix("/ip4/127.0.0.1/tcp/") == true)
        #expect(object["key_type"] as? String == "ed25519")
        #expect(object["security"] as? String == "/noise")
        #expect(object["muxer"] as? String == "/yamux/1.0.0")
        #expect(object["signed_record"] as? Bool == true)
        let text = try await CommandProcess.run("identify", node.address)
        #expect(text.output.contains("a\\u{1b}[31mgent"))
        #expect(text.output.contains(node.peer))
    }

    @Test(arguments: ["secp256k1", "ecdsa", "rsa"])
    func `a node can dial with any type of key`(_ type: String) async throws {
        let node = try await RunningNode.start()
        let path = node.directory.file("dialer.key")
        let key = try await CommandProcess.run("key", "generate", "--type", type, "--out", path, "--json")
        let outcome = try await CommandProcess.run("ping", node.address, "--count", "1", "--key", path)
        #expect(outcome.exitCode == 0)
        let connected = try await node.event("peer_connected")
        #expect(connected["peer"] as? String == key.object["peer"] as? String)
    }

    @Test func `perf moves what it is told to, and prints rates`() async throws {
        let node = try await RunningNode.start("--perf")
        let outcome = try await CommandProcess.run(
            "perf", node.address, "--upload", "1MiB", "--download", "2MiB", "--json")
        #expect(outcome.exitCode == 0)
        #expect(outcome.object["upload_bytes"] as? Int == 1_048_576)
        #expect(outcome.object["download_bytes"] as? Int == 2_097_152)
        #expect((outcome.object["upload_bytes_per_second"] as? Double ?? 0) > 0)
        #expect((outcome.object["download_seconds"] as? Double ?? 0) > 0)
        let text = try await CommandProcess.run("perf", node.address, "--upload", "0", "--download", "1kB")
        #expect(text.output.hasPrefix("upload 0 B in "))
        #expect(text.output.contains("\ndownload 1000 B in "))
    }

    @Test func `perf that the peer does not serve says how it would`() async throws {
        let node = try await RunningNode.start()
        let outcome = try await CommandProcess.run("perf", node.address)
        #expect(outcome.exitCode == 1)
        #expect(outcome.errorLines.count == 1)
        #expect(outcome.errors.contains("apus run --perf"))
    }

    @Test func `perf gives up a peer that is connected and never answers`() async throws {
        let outcome = try await withNode(.init(listen: ["/ip4/127.0.0.1/tcp/0"])) { node in
            node.handle("/perf/1.0.0") { stream in
                while try await stream.read() != nil {}
                _ = await stream.connection.waitUntilClosed()
            }
            let address = try #require(node.addresses.first)
            return try await CommandProcess.run("perf", "\(address)", "--upload", "1kB", "--stall-timeout", "200ms")
        }
        #expect(outcome.exitCode == 1)
        #expect(outcome.output == "")
        #expect(
            outcome.errors.hasPrefix(
                "apus: the perf exchange stalled: nothing was sent or received for 0.2 seconds; the peer, or the network"
            ))
        #expect(outcome.errors.contains("--stall-timeout"))
        #expect(outcome.errorLines.count == 1)
    }

    @Test(arguments: ["ping", "identify", "perf"])
    func `a host where nobody listens is one line and exit code 1`(_ command: String) async throws {
        let outcome = try await CommandProcess.run(command, Self.unreachable, "--json")
        #expect(outcome.exitCode == 1)
        #expect(outcome.output == "")
        #expect(outcome.errorLines.count == 1)
        #expect(outcome.errors.contains("/ip4/127.0.0.1/tcp/1"))
        #expect(outcome.errors.contains("connection refused"))
    }

    @Test func `a peer with another PeerID is one line that names it`() async throws {
        let node = try await RunningNode.start()
        let outcome = try await CommandProcess.run("ping", node.address(of: RunningNode.stranger))
        #expect(outcome.exitCode == 1)
        #expect(outcome.output == "")
        #expect(outcome.errorLines.count == 1)
        #expect(outcome.errors.contains("/p2p/\(node.peer)"))
    }

    @Test(arguments: ["", "127.0.0.1", "/ip4/127.0.0.1/tcp/1", "/ip4/127.0.0.1/tcp/1/p2p/nobody", "/ip4/1/tcp/1"])
    func `a bad address is one line and exit code 2`(_ address: String) async throws {
        let outcome = try await CommandProcess.run("identify", address)
        #expect(outcome.exitCode == 2)
        #expect(outcome.output == "")
        #expect(outcome.errorLines.count == 1)
        #expect(outcome.errors.hasSuffix("; see: apus help identify\n"))
    }

    @Test func `an exposed key is not used`() async throws {
        let directory = try TemporaryDirectory()
        let path = try directory.write(
            "peer.key", [0x08, 0x02, 0x12, 0x20] + [UInt8](repeating: 1, count: 32), mode: 0o644)
        let outcome = try await CommandProcess.run("ping", Self.unreachable, "--key", path)
        #expect(outcome.exitCode == 1)
        #expect(outcome.errors.contains("chmod 600"))
    }

    @Test func `a name that does not exist is one line`() async throws {
        let outcome = try await CommandProcess.run(
            "ping", "/dns4/nowhere.invalid/tcp/1/p2p/\(RunningNode.stranger)", "--name-server", "127.0.0.1:1")
        #expect(outcome.exitCode == 1)
        #expect(outcome.errorLines.count == 1)
        #expect(outcome.errors.contains("nowhere.invalid"))
    }
}
