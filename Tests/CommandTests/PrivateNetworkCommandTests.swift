import Apus
import Foundation
import Testing

@testable import ApusCommand

/// Private networks and SOCKS proxies on the command line, by the built program.
struct PrivateNetworkCommandTests {
    private static func swarmKey(_ digit: Character) -> [UInt8] {
        Array("/key/swarm/psk/1.0.0/\n/base16/\n\(String(repeating: digit, count: 64))\n".utf8)
    }

    @Test func `nodes with the same key find together, and others are told why not`() async throws {
        let keys = try TemporaryDirectory()
        let path = try keys.write("swarm.key", Self.swarmKey("a"), mode: 0o600)
        let other = try keys.write("other.key", Self.swarmKey("b"), mode: 0o600)
        let node = try await RunningNode.start("--swarm-key", path)
        let ping = ["ping", node.address, "--count", "1"]
        let member = try await CommandProcess.start(ping + ["--swarm-key", path]).finish()
        #expect(member.exitCode == 0, "\(member)")
        let stranger = try await CommandProcess.start(ping + ["--swarm-key", other]).finish()
        #expect(stranger.exitCode == 1)
        #expect(stranger.errorLines.count == 1)
        #expect(stranger.errors.contains("the peer is not in this private network, or its key differs"))
        #expect(stranger.errors.contains("--swarm-key"))
        let without = try await CommandProcess.start(ping).finish()
        #expect(without.exitCode == 1)
        #expect(without.errorLines.count == 1)
        let failed = try await node.event("inbound_failed")
        #expect((failed["reason"] as? String)?.hasPrefix("the peer is not in this private network") == true)
    }

    @Test func `the swarm.key of the data directory is used, and its fingerprint logged`() async throws {
        let directory = try TemporaryDirectory()
        let data = directory.file("data")
        try FileManager.default.createDirectory(atPath: data, withIntermediateDirectories: false)
        let path = try directory.write("data/swarm.key", Self.swarmKey("a"), mode: 0o600)
        let process = try CommandProcess.start(RunningNode.arguments(directory) + ["--json"])
        let line = try #require(await process.output.line(containing: "\"listening\""))
        let address = try #require(RunningNode.object(line)["address"] as? String)
        let fingerprint = try SwarmKeyFile(path).read().fingerprint.hex
        #expect(await process.errors.line(containing: fingerprint) != nil)
        let member = try await CommandProcess.run("ping", address, "--count", "1", "--swarm-key", path)
        #expect(member.exitCode == 0, "\(member)")
        process.signal(SIGTERM)
        #expect(try await process.finish().exitCode == 0)
    }

    @Test func `a key file that is wrong is one line with the line that is wrong`() async throws {
        let directory = try TemporaryDirectory()
        let path = try directory.write("swarm.key", Array("/key/swarm/psk/1.0.0/\n/base16/\n12\n".utf8), mode: 0o600)
        let address = "/ip4/127.0.0.1/tcp/1/p2p/\(RunningNode.stranger)"
        let outcome = try await CommandProcess.run("ping", address, "--swarm-key", path)
        #expect(outcome.exitCode == 2)
        #expect(outcome.errorLines.count == 1)
        #expect(outcome.errors.contains("line 3 holds 1 bytes in /base16/, and a key has 32"))
        let missing = try await CommandProcess.run("ping", address, "--swarm-key", directory.file("nothing"))
        #expect(missing.exitCode == 2)
        #expect(missing.errors.contains("No such file or directory"))
    }

    @Test func `a wrong key makes no data directory`() async throws {
        let directory = try TemporaryDirectory()
        let outcome = try await CommandProcess.start(
            RunningNode.arguments(directory) + ["--swarm-key", directory.file("nothing")]
        ).finish()
        #expect(outcome.exitCode == 2)
        #expect(outcome.errorLines.count == 1)
        #expect(outcome.errors.hasPrefix("apus: --swarm-key: "))
        #expect(!FileManager.default.fileExists(atPath: directory.file("data")))
    }

    @Test func `a node that must be in a private network does not start without a key`() async throws {
        let directory = try TemporaryDirectory()
        let forced = ["LIBP2P_FORCE_PNET": "1"]
        let outcome = try await CommandProcess.start(RunningNode.arguments(directory), environment: forced).finish()
        #expect(outcome.exitCode == 1)
        #expect(outcome.errorLines.count == 1)
        #expect(outcome.errors.contains("LIBP2P_FORCE_PNET=1"))
        let path = try directory.write("swarm.key", Self.swarmKey("a"), mode: 0o600)
        let node = try await RunningNode.start("--swarm-key", path, environment: forced)
        #expect(try await node.end().outcome.exitCode == 0)
    }

    @Test func `an onion address without a proxy says what is missing`() async throws {
        let onion = "/onion3/vww6ybal4bd7szmgncyruucpgfkqahzddi37ktceo3ah7ngmcopnpyyd:1/p2p/\(RunningNode.stranger)"
        let outcome = try await CommandProcess.run("ping", onion)
        #expect(outcome.exitCode == 1)
        #expect(outcome.errors.contains("--socks 127.0.0.1:9050"))
        let refused = try await CommandProcess.run("ping", onion, "--socks", "127.0.0.1:1")
        #expect(refused.exitCode == 1)
        #expect(refused.errors.contains("the SOCKS proxy 127.0.0.1:1 cannot be reached"))
        #expect(refused.errors.hasSuffix("; start the proxy, or correct --socks and --socks-login\n"))
    }

    @Test func `with everything through the proxy, nothing is dialled without it`() async throws {
        let node = try await RunningNode.start()
        let outcome = try await CommandProcess.run(
            "ping", node.address, "--socks", "127.0.0.1:1", "--socks-scope", "all")
        #expect(outcome.exitCode == 1)
        #expect(outcome.errors.contains("the SOCKS proxy 127.0.0.1:1 cannot be reached"))
        let direct = try await CommandProcess.run("ping", node.address, "--count", "1", "--socks", "127.0.0.1:1")
        #expect(direct.exitCode == 0, "\(direct)")
    }

    @Test(arguments: [
        (["--socks", "tor:9050"], "is not an IP address and a port"),
        (["--socks", "127.0.0.1"], "is not an IP address"),
        (["--socks-scope", "all"], "--socks HOST:PORT"), (["--socks-scope", "some"], "is none of onion, all"),
        (["--socks-login", "secret"], "a user name, a colon and a password"),
    ])
    func `an option that is wrong is exit code 2, and shows no password`(_ words: [String], _ message: String)
        async throws
    {
        let address = "/ip4/127.0.0.1/tcp/1/p2p/\(RunningNode.stranger)"
        let outcome = try await CommandProcess.start(["ping", address] + words).finish()
        #expect(outcome.exitCode == 2)
        #expect(outcome.errorLines.count == 1)
        #expect(outcome.errors.contains(message))
        #expect(!outcome.errors.contains("secret"))
    }

    @Test func `the settings become the node's configuration`() throws {
        let directory = try TemporaryDirectory()
        let path = try directory.write("swarm.key", Self.swarmKey("a"), mode: 0o600)
        let parsed = try ArgumentParser(commands: CommandTable.all).parse([
            "run", "--swarm-key", path, "--socks", "[::1]:9150", "--socks-scope", "all", "--socks-login", "me:a:b",
        ])
        let configuration = try NodeConfiguration(run: try OptionValues(parsed, environment: [:]))
        #expect(configuration.swarm.privateNetwork?.fingerprint == (try SwarmKeyFile(path).read().fingerprint))
        #expect(configuration.socks?.proxy == SocketAddress(.v6(.loopback), port: 9_150))
        #expect(configuration.socks?.scope == .all)
        #expect(configuration.socks?.credentials == SOCKS5Credentials(username: "me", password: "a:b"))
    }
}
