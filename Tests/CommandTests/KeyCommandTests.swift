import Foundation
import Testing

@testable import ApusCommand

/// `apus key` and `apus id`, by the built program.
struct KeyCommandTests {
    private static let secp256k1 = [0x08, 0x02, 0x12, 0x20] + [UInt8](repeating: 1, count: 32)
    private static let peer = "16Uiu2HAmEWQnHq2jLKJypwVnVoQeFCULuyop6atvq2eWjYSUjzNi"

    @Test func `the secp256k1 key of 32 ones has its well-known PeerID`() async throws {
        let directory = try TemporaryDirectory()
        let path = try directory.write("one.key", Self.secp256k1)
        let outcome = try await CommandProcess.run("key", "show", path)
        #expect(outcome.exitCode == 0)
        #expect(outcome.output.contains(Self.peer))
        #expect(outcome.output.contains("secp256k1"))
        #expect(outcome.errors == "")
    }

    @Test func `a key file may be in base64`() async throws {
        let directory = try TemporaryDirectory()
        let path = try directory.write("one.key", (Data(Self.secp256k1).base64EncodedString() + "\n").utf8)
        let outcome = try await CommandProcess.run("key", "show", path, "--json")
        #expect(outcome.object["peer"] as? String == Self.peer)
    }

    @Test(arguments: ["ed25519", "secp256k1", "ecdsa", "rsa"])
    func `a key that was made can be shown, for its owner alone`(_ type: String) async throws {
        let directory = try TemporaryDirectory()
        let path = directory.file("peer.key")
        let made = try await CommandProcess.run("key", "generate", "--type", type, "--out", path, "--json")
        #expect(made.exitCode == 0)
        #expect(made.errors == "")
        #expect(made.object["key_type"] as? String == type)
        #expect(TemporaryDirectory.mode(path) == 0o600)
        let shown = try await CommandProcess.run("key", "show", path, "--json")
        #expect(shown.exitCode == 0)
        #expect(shown.object["peer"] as? String == made.object["peer"] as? String)
        #expect(shown.object["key_type"] as? String == type)
        #expect((shown.object["cid"] as? String)?.hasPrefix("bafz") == true)
    }

    @Test func `without a file the key is printed in base64, which is a key file`() async throws {
        let directory = try TemporaryDirectory()
        let made = try await CommandProcess.run("key", "generate")
        #expect(made.output.split(separator: "\n").count == 1)
        let path = try directory.write("peer.key", made.output.utf8)
        #expect(try await CommandProcess.run("key", "show", path).exitCode == 0)
    }

    @Test func `a file that exists is not replaced`() async throws {
        let directory = try TemporaryDirectory()
        let path = try directory.write("peer.key", Self.secp256k1)
        let outcome = try await CommandProcess.run("key", "generate", "--out", path)
        #expect(outcome.exitCode == 1)
        #expect(outcome.output == "")
        #expect(
            outcome.errors
                == "apus: the file \(path) exists already and is not replaced; "
                + "choose another name, or move that file away first\n")
        #expect(try Data(contentsOf: URL(fileURLWithPath: path)) == Data(Self.secp256k1))
    }

    @Test func `bits are for rsa alone`() async throws {
        let outcome = try await CommandProcess.run("key", "generate", "--bits", "3072")
        #expect(outcome.exitCode == 2)
        #expect(outcome.errorLines.count == 1)
    }

    @Test func `a key that others may read is shown with a warning on standard error`() async throws {
        let directory = try TemporaryDirectory()
        let path = try directory.write("one.key", Self.secp256k1, mode: 0o644)
        let outcome = try await CommandProcess.run("key", "show", path, "--json")
        #expect(outcome.exitCode == 0)
        #expect(outcome.object["peer"] as? String == Self.peer)
        #expect(outcome.errorLines.count == 1)
        #expect(outcome.errors.contains("chmod 600 \(path)"))
    }

    @Test(arguments: [
        ("", "it is empty"), ("this is no key", ""), ("\u{08}\u{02}\u{12}\u{20}\u{01}", ""),
        (String(repeating: "A", count: 10_000), "it is longer than any key"),
        (String(repeating: "A", count: 100_000), "it is larger than 65536 bytes"),
    ])
    func `a damaged key file is one line that says what to do, and exit code 1`(
        _ contents: String, _ reason: String
    ) async throws {
        let directory = try TemporaryDirectory()
        let path = try directory.write("bad.key", contents.utf8)
        let outcome = try await CommandProcess.run("key", "show", path)
        #expect(outcome.exitCode == 1)
        #expect(outcome.output == "")
        #expect(outcome.errorLines.count == 1)
        #expect(outcome.errors.hasPrefix("apus: the file \(path) holds no libp2p private key: \(reason)"))
        #expect(outcome.errors.contains("; restore it from a copy, or move it away"))
        #expect(outcome.errors.hasSuffix("apus key generate --out \(path)\n"))
    }

    @Test func `an RSA key of more than 8192 bits is refused by its size`() async throws {
        // The key itself may be nonsense: its size is looked at before anything else.
        let directory = try TemporaryDirectory()
        let path = try directory.write("big.key", Self.rsaKey(modulusBytes: 1_025))
        let outcome = try await CommandProcess.run("key", "show", path)
        #expect(outcome.exitCode == 1)
        #expect(
            outcome.errors
                == "apus: the key in the file \(path) cannot be used: the RSA key has 8200 bits; 2048 to 8192 are accepted; "
                + "move it away and make a new key, which is another peer, with: apus key generate --out \(path)\n")
    }

    /// The protobuf of an RSA key in PKCS#1 whose modulus has that many bytes.
    private static func rsaKey(modulusBytes: Int) -> [UInt8] {
        func der(_ tag: UInt8, _ value: [UInt8]) -> [UInt8] {
            [tag, 0x82, UInt8(value.count >> 8), UInt8(value.count & 0xff)] + value
        }
        let modulus = der(2, [0] + [UInt8](repeating: 0xff, count: modulusBytes))
        let half = der(2, [0] + [UInt8](repeating: 0xff, count: modulusBytes / 2))
        let key = der(0x30, [2, 1, 0] + modulus + [2, 3, 1, 0, 1] + modulus + half + half + half + half + half)
        return [0x08, 0x00, 0x12, UInt8(key.count & 0x7f | 0x80), UInt8(key.count >> 7)] + key
    }

    @Test func `a file that is not there is one line that says how to make it`() async throws {
        let outcome = try await CommandProcess.run("key", "show", "/nonexistent/peer.key")
        #expect(outcome.exitCode == 1)
        #expect(outcome.errors.hasPrefix("apus: there is no key file /nonexistent/peer.key; make one with: "))
    }

    @Test func `a file that cannot be read or written is one line that says what to look at`() async throws {
        let directory = try TemporaryDirectory()
        let read = try await CommandProcess.run("key", "show", directory.path)
        #expect(read.exitCode == 1)
        #expect(
            read.errors
                == "apus: the key file \(directory.path) cannot be read: Is a directory; "
                + "check the path, and whose it is with: ls -ld \(directory.path)\n")
        let path = directory.file("nowhere/peer.key")
        let written = try await CommandProcess.run("key", "generate", "--out", path)
        #expect(written.exitCode == 1)
        #expect(written.output == "")
        #expect(
            written.errors.hasPrefix("apus: the key file \(path) cannot be written: No such file or directory; choose ")
        )
        #expect(written.errorLines.count == 1)
    }

    @Test func `id makes no key, and says how one comes to be`() async throws {
        let home = try TemporaryDirectory()
        let outcome = try await CommandProcess.run("id", home: home.path)
        #expect(outcome.exitCode == 1)
        #expect(outcome.errorLines.count == 1)
        #expect(outcome.errors.contains("apus run --data-dir \(home.path)/.local/share/apus"))
        #expect(!FileManager.default.fileExists(atPath: home.file(".local")))
    }

    @Test func `id finds the data directory by flag, variable and file`() async throws {
        let directory = try TemporaryDirectory()
        _ = try directory.write("peer.key", Self.secp256k1)
        let flag = try await CommandProcess.run("id", "--data-dir", directory.path)
        #expect(flag.output == Self.peer + "\n")
        let variable = try await CommandProcess.run("id", environment: ["APUS_DATA_DIR": directory.path])
        #expect(variable.output == Self.peer + "\n")
        let file = try directory.write("apus.json5", "{ data_dir: '\(directory.path)', perf: true }".utf8)
        #expect(try await CommandProcess.run("id", "--config", file).output == Self.peer + "\n")
        #expect(try await CommandProcess.run("id", environment: ["APUS_CONFIG": file]).output == Self.peer + "\n")
    }
}
