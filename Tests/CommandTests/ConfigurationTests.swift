import Apus
import Foundation
import Testing

@testable import ApusCommand

/// Flags over environment over file over defaults.
struct ConfigurationTests {
    private static func file(_ text: String) throws -> ConfigurationFile {
        try ConfigurationFile(Data(text.utf8), path: "apus.json5", options: RunOptions.settings)
    }

    private static func values(
        _ words: String = "", environment: [String: String] = [:], file: String? = nil
    ) throws -> OptionValues {
        let parsed = try ArgumentParser(commands: CommandTable.all).parse(
            ["run"] + words.split(separator: " ").map(String.init))
        return try OptionValues(
            RunCommand.command.allOptions, given: parsed.given, environment: environment, file: file.map(Self.file))
    }

    @Test func `a flag comes before the environment, that before the file, and that before the default`() throws {
        let file = "{ agent: 'file', loops: 2, log_level: 'error', perf: true }"
        let environment = ["APUS_AGENT": "variable", "APUS_LOOPS": "3", "APUS_PERF": "no"]
        let values = try Self.values("--agent flag", environment: environment, file: file)
        #expect(try values[RunOptions.agent] == "flag")
        #expect(try values[RunOptions.loops] == 3)
        #expect(try values[RunOptions.perf] == false)
        #expect(try values[RunOptions.logLevel] == .error)
        #expect(try values[RunOptions.dialTimeout] == .seconds(15))
        #expect(try Self.values("--perf", environment: environment, file: file)[RunOptions.perf])
        #expect(try Self.values("--perf=false", file: file)[RunOptions.perf] == false)
    }

    @Test func `a list comes from one place alone`() throws {
        let file = "{ listen: ['/ip4/127.0.0.1/tcp/1', '/ip4/127.0.0.1/tcp/2'] }"
        let environment = ["APUS_LISTEN": "/ip4/127.0.0.1/tcp/3, /ip4/127.0.0.1/tcp/4"]
        func listen(_ values: OptionValues) throws -> [String] { try values.list(RunOptions.listen).map(\.description) }
        #expect(try listen(Self.values()) == ["/ip4/0.0.0.0/tcp/4001", "/ip6/::/tcp/4001"])
        #expect(try listen(Self.values(file: file)) == ["/ip4/127.0.0.1/tcp/1", "/ip4/127.0.0.1/tcp/2"])
        #expect(
            try listen(Self.values(environment: environment, file: file)) == [
                "/ip4/127.0.0.1/tcp/3", "/ip4/127.0.0.1/tcp/4",
            ])
        #expect(
            try listen(Self.values("--listen /ip4/127.0.0.1/tcp/5", environment: environment, file: file)) == [
                "/ip4/127.0.0.1/tcp/5"
            ])
        #expect(try listen(Self.values(file: "{ listen: [] }")).isEmpty)
    }

    @Test func `an empty variable counts as not set`() throws {
        #expect(try Self.values(environment: ["APUS_LOOPS": "", "APUS_LISTEN": ""])[RunOptions.loops] == 0)
    }

    @Test func `null in a file is the default`() throws {
        let values = try Self.values(file: "{ listen: null, agent: null }")
        #expect(try values.list(RunOptions.listen).count == 2)
        #expect(try values[RunOptions.agent] == "apus/0.1.0")
    }

    @Test func `the example reads back as the defaults, and holds every key`() throws {
        let file = try Self.file(ConfigurationExample.text())
        #expect(Set(file.values.keys) == Set(RunOptions.settings.map(\.name)))
        for option in RunOptions.settings { #expect(file.values[option.name] == option.defaults, "\(option.key)") }
        let example = try Self.values(file: ConfigurationExample.text())
        let defaults = try Self.values()
        for option in RunOptions.settings {
            #expect(example.texts(of: option) == defaults.texts(of: option), "\(option.key)")
            #expect(ConfigurationExample.text().contains("\n    \(option.key): "))
        }
    }

    @Test func `the example for programs is JSON with the same keys`() throws {
        let object = try JSONSerialization.jsonObject(with: Data(ConfigurationExample.json().utf8)) as? [String: Any]
        #expect(Set(try #require(object).keys) == Set(RunOptions.settings.map(\.key)))
        #expect(try Self.file(ConfigurationExample.json()).values.count == RunOptions.settings.count)
    }

    @Test(arguments: [
        ("{ lsten: [] }", "apus.json5: there is no key \"lsten\"; did you mean listen?"),
        ("{ colour: 'red' }", "apus.json5: there is no key \"colour\"; see: apus config example"),
        ("{ config: 'x' }", "apus.json5: there is no key \"config\"; see: apus config example"),
        ("{ listen: '/ip4/0.0.0.0/tcp/1' }", "apus.json5: listen: a list is needed: [\"MULTIADDR\"]"),
        ("{ listen: [1] }", "apus.json5: listen: a string is needed: \"MULTIADDR\""),
        ("{ listen: ['x'] }", "apus.json5: listen: \"x\" is not a multiaddr: it does not begin with \"/\""),
        ("{ perf: 1 }", "apus.json5: perf: true or false is needed"),
        ("{ loops: '2' }", "apus.json5: loops: a number is needed"),
        ("{ loops: 1.5 }", "apus.json5: loops: \"1.5\" is not a number from 0 to 1024"),
        ("{ loops: 1e99 }", "apus.json5: loops: \"1e+99\" is not a number from 0 to 1024"),
        ("{ agent: ['x'] }", "apus.json5: agent: a string is needed: \"TEXT\""),
        ("{ handshake_timeout: '0s' }", "apus.json5: handshake_timeout: \"0s\" is not a time from 1ms to 8760h"),
        ("[]", "apus.json5: a configuration is an object: { listen: [...] }"),
        ("", "apus.json5: the JSON5 is wrong near line 1"),
        ("{\n  agent: 'x',\n  perf: yes,\n}", "apus.json5: the JSON5 is wrong near line 3"),
        ("{\n  listen: [\n    'x'\n  perf: true,\n}", "apus.json5: the JSON5 is wrong near line 4"),
        ("{\n  agent: 'x',\n", "apus.json5: the JSON5 is wrong near line 3"),
    ])
    func `what is wrong in a file is said with the file and the key`(_ text: String, _ message: String) {
        #expect(throws: CommandError.usage(message)) { _ = try Self.file(text) }
    }

    @Test func `what is wrong in a variable is said with its name`() {
        #expect(throws: CommandError.usage("APUS_LOOPS: \"many\" is not a number from 0 to 1024")) {
            _ = try Self.values(environment: ["APUS_LOOPS": "many"])
        }
        #expect(throws: CommandError.usage("APUS_DIAL_TIMEOUT: \"0\" is not a time from 1ms to 8760h")) {
            _ = try Self.values(environment: ["APUS_DIAL_TIMEOUT": "0"])
        }
        #expect(throws: CommandError.usage("APUS_LISTEN: \"x\" is not a multiaddr: it does not begin with \"/\"")) {
            _ = try Self.values(environment: ["APUS_LISTEN": "/ip4/0.0.0.0/tcp/1 x"])
        }
    }

    @Test func `the settings become the node's configuration`() throws {
        let peer = "/ip4/192.0.2.1/tcp/1/p2p/12D3KooWGUxVFZ2kk9xn4Z3WSch5aNKdLq14d9ktFjEgwoGoXmJs"
        let values = try Self.values(
            "--listen /ip4/127.0.0.1/tcp/0 --bootstrap \(peer) --announce /dns4/example.org/tcp/1 --agent me --perf"
                + " --name-server 192.0.2.1:53 --loops 3 --spinning=false --dial-timeout 1s --handshake-timeout 2s"
                + " --negotiation-timeout 3s --closing-time 500ms --announce-only --no-announce 10.0.0.0/8 --mdns=false"
        )
        let configuration = try NodeConfiguration(run: values)
        #expect(configuration.listen.map(\.description) == ["/ip4/127.0.0.1/tcp/0"])
        #expect(configuration.bootstrap.map(\.description) == [peer])
        #expect(configuration.announce.map(\.description) == ["/dns4/example.org/tcp/1"])
        #expect(configuration.swarm.announce.addedOnly)
        #expect(configuration.swarm.announce.excluded == [IPNetwork("10.0.0.0/8")])
        #expect(configuration.agentVersion == "me")
        #expect(configuration.servesPerf)
        #expect(configuration.mdns == nil)
        #expect(configuration.swarm.nameServers == ["192.0.2.1:53"])
        #expect(configuration.swarm.loops == 3)
        #expect(!configuration.swarm.spinning)
        #expect(configuration.swarm.dialTimeout == .seconds(1))
        #expect(configuration.swarm.handshakeTimeout == .seconds(2))
        #expect(configuration.swarm.negotiationTimeout == .seconds(3))
        #expect(configuration.swarm.closingTime == .milliseconds(500))
    }

    @Test(arguments: [
        ("", true), ("--socks-scope onion", true), ("--socks-scope all", false), ("--socks-scope all --mdns", true),
        ("--mdns=false", false),
    ])
    func `a node that dials everything through a proxy is silent on the local networks unless it is told to speak`(
        _ words: String, speaks: Bool
    ) throws {
        let configuration = try NodeConfiguration(run: try Self.values("--socks 127.0.0.1:9050 \(words)"))
        #expect((configuration.mdns != nil) == speaks)
    }

    @Test func `a file made from the example does not make it speak there`() throws {
        let values = try Self.values("--socks 127.0.0.1:9050 --socks-scope all", file: ConfigurationExample.text())
        #expect(try NodeConfiguration(run: values).mdns == nil)
    }

    @Test func `nothing given leaves the node's own defaults`() throws {
        let configuration = try NodeConfiguration(run: try Self.values())
        let defaults = NodeConfiguration()
        #expect(configuration.swarm.loops == nil)
        #expect(configuration.swarm.nameServers == nil)
        #expect(configuration.agentVersion == defaults.agentVersion)
        // A library says nothing on the networks unless it is told to; the daemon does.
        #expect(defaults.mdns == nil)
        #expect(configuration.mdns != nil)
        #expect(configuration.servesPerf == defaults.servesPerf)
        #expect(configuration.swarm.spinning == defaults.swarm.spinning)
        #expect(configuration.swarm.dialTimeout == defaults.swarm.dialTimeout)
        #expect(configuration.swarm.handshakeTimeout == defaults.swarm.handshakeTimeout)
        #expect(configuration.swarm.negotiationTimeout == defaults.swarm.negotiationTimeout)
        #expect(configuration.swarm.closingTime == defaults.swarm.closingTime)
    }

    @Test func `where there is one connection too many, a part of them is closed and never all`() throws {
        for most in 1...20 {
            let policy = try NodeConfiguration(run: Self.values("--max-connections \(most)")).swarm.connections
            #expect(policy?.highWater == most)
            #expect(policy.map { $0.lowWater >= 1 && $0.lowWater * 6 >= most * 5 - 5 } == true, "\(most)")
        }
    }

    @Test(arguments: [
        ("--memory-limit 63MiB", "--memory-limit: a node needs at least 64 MiB"),
        ("--limits=false --memory-limit 128MiB", "--limits=false and --memory-limit exclude each other"),
    ])
    func `a limit of memory that cannot hold is refused`(_ words: String, _ message: String) throws {
        let error = #expect(throws: CommandError.self) { try NodeConfiguration(run: Self.values(words)) }
        #expect(error?.exitCode == 2)
        #expect(error?.message?.hasPrefix(message) == true)
    }

    @Test func `the least limit of memory holds as it is`() throws {
        let limits = try NodeConfiguration(run: Self.values("--memory-limit 64MiB")).swarm.limits
        #expect(limits?.system.memory == 64 << 20)
    }
}
