import Bytes
import Multiformats
import SOCKS5
import TestSupport
import Testing

/// The client's side of RFC 1928 and RFC 1929, without a proxy.
@Suite struct SOCKS5ClientTests {
    private static let name = SOCKS5Destination(.name("example.org"), port: 4001)
    private static let method: [UInt8] = [5, 0]
    private static let bound: [UInt8] = [5, 0, 0, 1, 0, 0, 0, 0, 0, 0]

    /// Gives `answers` to the client one after the other, in pieces of `size`; returns what it sent and what it left.
    @discardableResult private static func run(
        _ client: inout SOCKS5Client, _ answers: [[UInt8]], inPiecesOf size: Int = 1_000
    ) throws(SOCKS5Error) -> (sent: [[UInt8]], left: [UInt8]) {
        var (sent, left): ([[UInt8]], [UInt8]) = ([], [])
        if let output = client.nextOutput() { sent.append(Array(output)) }
        for answer in answers {
            var rest = answer[...]
            while !rest.isEmpty {
                var reader = BytesReader(Bytes(rest.prefix(size)))
                rest = rest.dropFirst(size)
                _ = try client.receive(&reader)
                left += Array(reader.readRest())
            }
            if let output = client.nextOutput() { sent.append(Array(output)) }
        }
        return (sent, left)
    }

    static let destinations: [(SOCKS5Destination, [UInt8])] = [
        (name, [5, 1, 0, 3, 11] as [UInt8] + Array("example.org".utf8) + [0x0f, 0xa1] as [UInt8]),
        (SOCKS5Destination(.ip(.v4(.loopback)), port: 80), [5, 1, 0, 1, 127, 0, 0, 1, 0, 80]),
        (
            SOCKS5Destination(.ip(.v6(.loopback)), port: 65_535),
            [5, 1, 0, 4, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 255, 255]
        ),
    ]

    @Test(arguments: destinations)
    func `a destination is asked for in the form of the RFC`(_ destination: SOCKS5Destination, _ request: [UInt8])
        throws
    {
        var client = try SOCKS5Client(to: destination)
        let sent = try Self.run(&client, [Self.method, Self.bound]).sent
        #expect(sent == [[5, 1, 0], request])
        #expect(client.isConnected)
        #expect(client.missingBytes == 0)
    }

    @Test func `a user name and a password go behind the method`() throws {
        let credentials = try #require(SOCKS5Credentials(username: "me", password: "secret"))
        var client = try SOCKS5Client(to: Self.name, credentials: credentials)
        let sent = try Self.run(&client, [[5, 2], [1, 0], Self.bound]).sent
        let login: [UInt8] = [1, 2] + Array("me".utf8) + [6] + Array("secret".utf8)
        try #require(sent.count == 3)
        #expect(sent[0] == [5, 1, 2])
        #expect(sent[1] == login)
        #expect(client.isConnected)
    }

    static let boundAddresses: [[UInt8]] = [
        bound, [5, 0, 0, 4] + [UInt8](repeating: 7, count: 18), [5, 0, 0, 3, 0, 1, 2],
        [5, 0, 0, 3, 255] + [UInt8](repeating: 9, count: 257),
    ]

    @Test(arguments: boundAddresses, [1, 2, 3, 1_000])
    func `no byte behind the answer is read, whatever address it holds`(_ answer: [UInt8], size: Int) throws {
        var client = try SOCKS5Client(to: Self.name)
        let left = try Self.run(&client, [Self.method, answer + [1, 2, 3]], inPiecesOf: size).left
        #expect(client.isConnected)
        #expect(left == [1, 2, 3])
    }

    @Test(arguments: boundAddresses)
    func `whoever receives no more than is missing gets nothing behind the answer`(_ answer: [UInt8]) throws {
        var client = try SOCKS5Client(to: Self.name)
        var wire = (Self.method + answer + [1, 2, 3])[...]
        while client.missingBytes > 0 {
            var reader = BytesReader(Bytes(wire.prefix(client.missingBytes)))
            wire = wire.dropFirst(client.missingBytes)
            _ = try client.receive(&reader)
        }
        #expect(client.isConnected)
        #expect(Array(wire) == [1, 2, 3])
    }

    static let refusals: [(UInt8, SOCKS5Refusal)] = [
        (1, .generalFailure), (2, .notAllowed), (3, .networkUnreachable), (4, .hostUnreachable),
        (5, .connectionRefused), (6, .timeToLiveExpired), (7, .commandNotSupported), (8, .addressTypeNotSupported),
        (0xf0, .onionDescriptorNotFound), (0xf6, .onionAddressInvalid), (99, .other(99)),
    ]

    @Test(arguments: refusals)
    func `a refusal is told at its second byte, with its reason`(code: UInt8, refusal: SOCKS5Refusal) throws {
        var client = try SOCKS5Client(to: Self.name)
        try Self.run(&client, [Self.method])
        #expect(throws: SOCKS5Error.refused(refusal)) { try Self.run(&client, [[5, code]]) }
    }

    static let violations: [([[UInt8]], SOCKS5Error)] = [
        ([Array("HTTP/1.1 400".utf8)], .notSOCKS5(version: 0x48)), ([[4, 0]], .notSOCKS5(version: 4)),
        ([[5, 0xff]], .noAcceptableMethod(hasCredentials: false)), ([[5, 2]], .unexpectedMethod(2)),
        ([[5, 1]], .unexpectedMethod(1)), ([method, [1]], .notSOCKS5(version: 1)),
        ([method, [5, 0, 0, 2]], .unknownAddressType(2)),
    ]

    @Test(arguments: violations, [1, 1_000])
    func `an answer that is none ends the attempt`(_ violation: ([[UInt8]], SOCKS5Error), size: Int) throws {
        var client = try SOCKS5Client(to: Self.name)
        #expect(throws: violation.1) { try Self.run(&client, violation.0, inPiecesOf: size) }
    }

    @Test func `credentials that a proxy does not take are an error, not left out`() throws {
        let credentials = try #require(SOCKS5Credentials(username: "me", password: "x"))
        for (answers, error): ([[UInt8]], SOCKS5Error) in [
            ([[5, 0]], .unexpectedMethod(0)), ([[5, 0xff]], .noAcceptableMethod(hasCredentials: true)),
            ([[5, 2], [1, 1]], .authenticationRefused),
        ] {
            var client = try SOCKS5Client(to: Self.name, credentials: credentials)
            #expect(throws: error) { try Self.run(&client, answers) }
        }
    }

    @Test func `names, user names and passwords have 1 to 255 bytes`() throws {
        let (longest, tooLong) = (String(repeating: "a", count: 255), String(repeating: "a", count: 256))
        _ = try SOCKS5Client(to: SOCKS5Destination(.name(longest), port: 1))
        for name in ["", tooLong] {
            #expect(throws: SOCKS5Error.invalidName) { try SOCKS5Client(to: SOCKS5Destination(.name(name), port: 1)) }
            #expect(SOCKS5Credentials(username: name, password: "x") == nil)
            #expect(SOCKS5Credentials(username: "x", password: name) == nil)
        }
        #expect(SOCKS5Credentials(username: longest, password: longest) != nil)
    }

    @Test(arguments: UInt64(1)...200) func `damaged answers come to the same end however they are cut`(seed: UInt64)
        throws
    {
        var random = SeededGenerator(seed: seed)
        let answers = random.mutated(Bytes(Self.method + Self.boundAddresses[Int(seed) % Self.boundAddresses.count]))
        func outcome(_ size: Int) throws -> (Bool, SOCKS5Error?) {
            var client = try SOCKS5Client(to: Self.name)
            do throws(SOCKS5Error) {
                try Self.run(&client, [Array(answers)], inPiecesOf: size)
            } catch {
                return (client.isConnected, error)
            }
            return (client.isConnected, nil)
        }
        let (whole, cut) = (try outcome(1_000), try outcome(1))
        #expect(whole == cut)
    }
}
