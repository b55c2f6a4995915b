import Bytes
import Cryptography
import PrivateNetwork

/// How the beginning of a private network's socket ended.
private struct SessionOutcome: Equatable {
    var plaintext: [UInt8] = []
    var error: PrivateNetworkError?
    var isVerified = false
}

extension FuzzTarget {
    private static let networkKey = Bytes([UInt8](repeating: 7, count: PrivateNetworkKey.size))
    private static let networkNonce = Bytes((0..<UInt8(24)).map { $0 })

    /// A `swarm.key` file.
    static let swarmKey = FuzzTarget(name: "swarm-key") { input in
        do {
            let key = try PrivateNetworkKey(swarmKey: input)
            precondition(key.fingerprint.count == 16)
        } catch {
            precondition(!"\(error)".isEmpty)
        }
    } seeds: {
        let header = "/key/swarm/psk/1.0.0/\n"
        let key = Self.networkKey
        return [
            Bytes(utf8: header + "/base16/\n" + key.hex), Bytes(utf8: header + "/base64/\n" + "BwcH"),
            Bytes(Array((header + "/bin/\n").utf8) + Array(key)), Bytes(utf8: "/key/swarm/psk/1.0.0/\r\n/base16/\r\n"),
        ]
    }

    /// The input as what comes first in a private network, whole and byte by byte.
    static let privateNetwork = FuzzTarget(name: "private-network") { input in
        let whole = Self.begin([input])
        let cut = Self.begin(input.indices.map { input[$0..<$0 + 1] })
        precondition(whole.error == cut.error && whole.isVerified == cut.isVerified, "a cut changes nothing")
        precondition(whole.error != nil || whole.plaintext == cut.plaintext, "a cut changes nothing")
    } seeds: {
        guard let key = XSalsa20.Key(Self.networkKey) else { preconditionFailure("the key has 32 bytes") }
        var stream = XSalsa20(key: key, nonce: Self.networkNonce)
        var text = Array("\u{13}/multistream/1.0.0\n\u{7}/noise\n".utf8)
        let clear = Bytes(text)
        text.withUnsafeMutableBytes { stream.apply(to: $0) }
        return [Bytes(Array(Self.networkNonce) + text), clear, Self.networkNonce]
    }

    private static func begin(_ parts: [Bytes]) -> SessionOutcome {
        guard let key = PrivateNetworkKey(Self.networkKey) else { preconditionFailure("the key has 32 bytes") }
        var random = SystemRandom()
        var session = PrivateNetworkSession(key: key, using: &random)
        var outcome = SessionOutcome()
        for part in parts where outcome.error == nil {
            var bytes = Array(part)
            bytes.withUnsafeMutableBytes { memory in
                do throws(PrivateNetworkError) {
                    outcome.plaintext += Array(try session.decrypt(memory))
                } catch {
                    outcome.error = error
                }
            }
        }
        outcome.isVerified = session.isVerified
        return outcome
    }
}
