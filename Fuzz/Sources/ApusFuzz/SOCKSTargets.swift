import Bytes
import SOCKS5

/// How a CONNECT ended: with what error, and what is left for the connection.
private struct ConnectOutcome: Equatable {
    var isConnected = false
    var error: SOCKS5Error?
    var rest: [UInt8] = []
}

extension FuzzTarget {
    /// The input as a proxy's answers, without and with a login, whole and byte by byte.
    static let socks5 = FuzzTarget(name: "socks5") { input in
        for credentials in [nil, SOCKS5Credentials(username: "me", password: "secret")] {
            let whole = Self.connect([input], credentials)
            precondition(
                whole == Self.connect(input.indices.map { input[$0..<$0 + 1] }, credentials), "a cut changes nothing")
            if let error = whole.error { precondition(!"\(error)".isEmpty) }
        }
    } seeds: {
        [
            [5, 0, 5, 0, 0, 1, 0, 0, 0, 0, 0, 0, 1, 2], [5, 2, 1, 0, 5, 0, 0, 3, 3, 0x61, 0x62, 0x63, 0, 1],
            Bytes([5, 0, 5, 0, 0, 4] + [UInt8](repeating: 1, count: 18)), [5, 0, 5, 6], [5, 0xff],
        ]
    }

    private static func connect(_ parts: [Bytes], _ credentials: SOCKS5Credentials?) -> ConnectOutcome {
        let destination = SOCKS5Destination(.name("example.org"), port: 4_001)
        guard var client = try? SOCKS5Client(to: destination, credentials: credentials) else {
            preconditionFailure("the name is short enough")
        }
        var outcome = ConnectOutcome()
        for part in parts where outcome.error == nil {
            var reader = BytesReader(part)
            do throws(SOCKS5Error) {
                outcome.isConnected = try client.receive(&reader)
            } catch {
                outcome.error = error
            }
            precondition(
                outcome.error != nil || outcome.isConnected == (client.missingBytes == 0),
                "whoever is not connected waits for bytes")
            if outcome.error == nil { outcome.rest += Array(reader.readRest()) }
        }
        return outcome
    }
}
