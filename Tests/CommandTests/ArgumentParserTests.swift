import Testing

@testable import ApusCommand

/// How the words of a command line are understood, and what is said where they are not.
struct ArgumentParserTests {
    private let parser = ArgumentParser(commands: CommandTable.all)
    private static let address = "/ip4/127.0.0.1/tcp/1/p2p/12D3KooWGUxVFZ2kk9xn4Z3WSch5aNKdLq14d9ktFjEgwoGoXmJs"

    struct Case: Sendable, CustomTestStringConvertible {
        let words: String
        let command: String
        var given: [String: [String]] = [:]
        var operands: [String] = []
        var wantsHelp = false

        var testDescription: String { self.words }
    }

    @Test(arguments: [
        Case(words: "id", command: "id"),
        Case(words: "id --json", command: "id", given: ["json": ["true"]]),
        Case(words: "--json id", command: "id", given: ["json": ["true"]]),
        Case(words: "id --json --json", command: "id", given: ["json": ["true"]]),
        Case(words: "--log-level debug id", command: "id", given: ["log-level": ["debug"]]),
        Case(words: "--log-level=debug id", command: "id", given: ["log-level": ["debug"]]),
        Case(words: "ping A --count 3", command: "ping", given: ["count": ["3"]], operands: ["A"]),
        Case(words: "ping --count=3 A", command: "ping", given: ["count": ["3"]], operands: ["A"]),
        Case(words: "ping -- --count", command: "ping", operands: ["--count"]),
        Case(words: "ping --json -- A", command: "ping", given: ["json": ["true"]], operands: ["A"]),
        Case(words: "key show -", command: "key show", operands: ["-"]),
        Case(words: "key generate --type rsa", command: "key generate", given: ["type": ["rsa"]]),
        Case(
            words: "run --listen /ip4/0.0.0.0/tcp/1 --listen=/ip6/::/tcp/1", command: "run",
            given: ["listen": ["/ip4/0.0.0.0/tcp/1", "/ip6/::/tcp/1"]]),
        Case(words: "run --agent a=b", command: "run", given: ["agent": ["a=b"]]),
        Case(words: "run --agent=a=b", command: "run", given: ["agent": ["a=b"]]),
        Case(words: "run --agent=", command: "run", given: ["agent": [""]]),
        Case(words: "run --agent -x", command: "run", given: ["agent": ["-x"]]),
        Case(words: "run --perf --spinning=false", command: "run", given: ["perf": ["true"], "spinning": ["false"]]),
        Case(words: "help", command: "help"),
        Case(words: "help key generate", command: "help", operands: ["key", "generate"]),
        Case(words: "--help", command: "help", wantsHelp: true),
        Case(words: "-h", command: "help", wantsHelp: true),
        Case(words: "key --help", command: "help", operands: ["key"], wantsHelp: true),
        Case(words: "ping --help", command: "ping", wantsHelp: true),
        Case(words: "ping --no-such-option --help", command: "ping", wantsHelp: true),
        Case(words: "--version", command: "version"),
        Case(words: "--version --json", command: "version", given: ["json": ["true"]]),
    ])
    func `words become a command, options and operands`(_ test: Case) throws {
        let parsed = try self.parser.parse(test.words.split(separator: " ").map(String.init))
        #expect(parsed.command.name == test.command)
        #expect(parsed.given == test.given)
        #expect(parsed.operands == test.operands)
        #expect(parsed.wantsHelp == test.wantsHelp)
    }

    @Test(arguments: [
        ("", "no command is given; see: apus help"),
        ("--json", "no command is given; see: apus help"),
        ("dht get KEY", "there is no command \"dht\"; see: apus help"),
        ("pign A", "there is no command \"pign\"; did you mean apus ping?"),
        ("key", "key needs one of: generate, show; see: apus help key"),
        ("key shwo FILE", "there is no command \"key shwo\"; did you mean apus key show?"),
        ("key destroy", "there is no command \"key destroy\"; see: apus help key"),
        ("run --lisen X", "run has no option --lisen; did you mean --listen?"),
        ("run --lisen=X", "run has no option --lisen; did you mean --listen?"),
        ("ping --upload 3 A", "ping has no option --upload; see: apus help ping"),
        ("ping -c 3 A", "ping has no option -c; see: apus help ping"),
        ("ping --count", "--count needs a value: --count N"),
        ("ping --count --json A", "--count needs a value: --count N"),
        ("ping --count three A", "--count: \"three\" is not a number from 0 to 1000000000"),
        ("ping --count -1 A", "--count: \"-1\" is not a number from 0 to 1000000000"),
        ("ping --count 1 --count 2 A", "--count is given twice"),
        ("ping --interval soon A", "--interval: \"soon\" is not a time, such as 500ms, 10s or 2m"),
        ("ping --interval 8761h A", "--interval: \"8761h\" is not a time from 0 to 8760h"),
        ("ping --timeout 0 A", "--timeout: \"0\" is not a time from 1ms to 8760h"),
        ("ping --timeout 9223372036 A", "--timeout: \"9223372036\" is not a time from 1ms to 8760h"),
        ("ping --timeout 0.9ms A", "--timeout: \"0.9ms\" is not a time from 1ms to 8760h"),
        ("ping --dial-timeout 0ms A", "--dial-timeout: \"0ms\" is not a time from 1ms to 8760h"),
        ("perf --stall-timeout 0 A", "--stall-timeout: \"0\" is not a time from 1ms to 8760h"),
        ("run --handshake-timeout 0s", "--handshake-timeout: \"0s\" is not a time from 1ms to 8760h"),
        ("run --negotiation-timeout 0", "--negotiation-timeout: \"0\" is not a time from 1ms to 8760h"),
        ("ping --json=maybe A", "--json: \"maybe\" is neither true nor false"),
        ("perf --upload lots A", "--upload: \"lots\" is not a size, such as 1000, 500kB or 64MiB"),
        ("perf --upload 99999999999TiB A", "--upload: \"99999999999TiB\" is more than can be counted"),
        ("key generate --type dsa", "--type: \"dsa\" is none of rsa, ed25519, secp256k1, ecdsa"),
        ("key generate --type rsa --bits 1024", "--bits: \"1024\" is not a number from 2048 to 8192"),
        ("run --listen tcp", "--listen: \"tcp\" is not a multiaddr: it does not begin with \"/\""),
        (
            "run --bootstrap /ip4/127.0.0.1/tcp/1",
            "--bootstrap: \"/ip4/127.0.0.1/tcp/1\" names no peer; add /p2p/ and the peer's ID"
        ),
        (
            "run --name-server 127.0.0.1",
            "--name-server: \"127.0.0.1\" is not an address and a port, such as 192.0.2.1:53 or [2001:db8::1]:53"
        ),
        ("ping", "ping needs ADDR; see: apus help ping"),
        ("ping A B", "ping takes no argument \"B\"; see: apus help ping"),
        ("id now", "id takes no argument \"now\"; see: apus help id"),
        ("\u{1b}[2J", "there is no command \"\\u{1b}[2J\"; see: apus help"),
    ])
    func `what is wrong is said in one line`(_ words: String, _ message: String) {
        #expect(throws: CommandError.usage(message)) {
            _ = try self.parser.parse(words.split(separator: " ").map(String.init))
        }
    }

    @Test(arguments: [
        ("127.0.0.1:53", true), ("[::1]:53", true), ("::1:53", false), ("127.0.0.1:0", false),
        ("[127.0.0.1]:53", false),
        ("localhost:53", false), (":53", false), ("127.0.0.1:", false),
    ])
    func `a name server is an address and a port`(_ text: String, _ isOne: Bool) {
        #expect(((try? ValueFormat.nameServer.read(text)) != nil) == isOne)
    }

    @Test(arguments: [
        ("0", 0), ("1000", 1_000), ("1B", 1), ("500kB", 500_000), ("64MiB", 67_108_864), ("1 GiB", 1_073_741_824),
        ("2mib", 2_097_152),
    ])
    func `sizes have units`(_ text: String, _ bytes: UInt64) throws {
        #expect(try ByteSize(text).bytes == bytes)
    }

    @Test(arguments: ["", "MiB", "-1", "1.5MiB", "1XB", "1 000", "18446744073709551616", "٣"])
    func `what is no size is refused`(_ text: String) {
        #expect(throws: InvalidValue.self) { _ = try ByteSize(text) }
    }

    @Test(
        arguments: [
            ("0", .zero), ("10", .seconds(10)), ("500ms", .milliseconds(500)), ("1.5s", .milliseconds(1_500)),
            ("2m", .seconds(120)), ("1h", .seconds(3_600)), ("8760h", .longest), ("31536000", .longest),
        ] as [(String, Duration)])
    func `times have units`(_ text: String, _ duration: Duration) throws {
        #expect(try Duration(text: text) == duration)
    }

    @Test(arguments: ["", "s", "-1s", "1d", "1e9", "nan", "1s ", "99999h", String(repeating: "9", count: 400)])
    func `what is no time is refused`(_ text: String) {
        #expect(throws: InvalidValue.self) { _ = try Duration(text: text) }
    }

    @Test(arguments: ["1ms", "0.001", "1000us", "8760h"])
    func `a time limit may be a millisecond to a year`(_ text: String) {
        #expect(throws: Never.self) { _ = try ValueFormat.timeLimit.read(text) }
    }

    @Test(
        arguments: [
            (.zero, "0"), (.milliseconds(1), "1ms"), (.milliseconds(1_500), "1500ms"), (.seconds(30), "30s"),
            (.seconds(90), "90s"), (.seconds(3_600), "1h"), (.longest, "8760h"),
        ] as [(Duration, String)])
    func `a time is written as it is read`(_ duration: Duration, _ text: String) throws {
        #expect(duration.optionText == text)
        #expect(try Duration(text: text) == duration)
    }

    @Test(arguments: [
        (0.0, "0 B"), (1_000, "1000 B"), (1_536, "1.5 KiB"), (67_108_864, "64 MiB"), (123_456_789, "117.7 MiB"),
    ])
    func `sizes are printed with a unit`(_ bytes: Double, _ text: String) {
        #expect(ByteSize.text(bytes) == text)
    }

    @Test(arguments: [
        (0.0, 3, "0.000"), (1.0005, 3, "1.001"), (0.05, 1, "0.1"), (-0.04, 1, "0.0"), (-2.5, 1, "-2.5"),
        (12.0, 0, "12"),
    ])
    func `numbers are rounded to their digits`(_ number: Double, _ digits: Int, _ text: String) {
        #expect(number.text(digits: digits) == text)
    }

    @Test(
        arguments: [
            (.zero, "0 ms"), (.milliseconds(20), "20 ms"), (.microseconds(1_500), "1.5 ms"), (.seconds(10), "10 s"),
            (.milliseconds(1_500), "1.5 s"),
        ] as [(Duration, String)])
    func `times are printed with a unit`(_ duration: Duration, _ text: String) {
        #expect(duration.text == text)
    }
}
