import Bytes
import Multiformats
import Testing

/// The addresses of the vectors and of the test suites of go-multiaddr and rust-multiaddr.
///
/// Where the two disagree: a text with a slash at its end is read, as in go; a value of an onion service with port 0, an
/// empty name or an empty path is refused, as in go; a `/p2p` of an identity with more than 42 bytes is refused, as in
/// rust; a `/memory` has 8 bytes, as in both, although the table gives it a length.
struct MultiaddrVectorTests {
    struct Pair: Decodable {
        let text: String
        let hex: String

        enum CodingKeys: String, CodingKey {
            case text = "s"
            case hex
        }
    }

    struct File: Decodable {
        struct Go: Decodable {
            let textAndBytes: [Pair]
            let good: [String]
            let bad: [String]

            enum CodingKeys: String, CodingKey {
                case textAndBytes = "text_and_bytes"
                case good, bad
            }
        }
        struct Rust: Decodable {
            let textAndBytes: [Pair]
            let bad: [String]

            enum CodingKeys: String, CodingKey {
                case textAndBytes = "text_and_bytes"
                case bad
            }
        }

        let textToBytes: [Pair]
        let textOK: [String]
        let textBad: [String]
        let textBadRust: [String]
        let bytesBadZeroPath: [String]
        let crashers: [String]
        let go: Go
        let rust: Rust

        enum CodingKeys: String, CodingKey {
            case textToBytes = "string_to_bytes"
            case textOK = "string_ok"
            case textBad = "string_bad"
            case textBadRust = "string_bad_rust"
            case bytesBadZeroPath = "bytes_bad_zero_path"
            case crashers = "bytes_crashers_must_not_trap"
            case go, rust
        }
    }

    private let file: File

    init() throws { self.file = try Vectors.load("multiaddr") }

    @Test func `texts have the bytes that other implementations give them`() throws {
        let pairs = self.file.textToBytes + self.file.go.textAndBytes + self.file.rust.textAndBytes
        #expect(pairs.count == 15 + 7 + 46)
        for pair in pairs {
            let bytes = try #require(Bytes(hex: pair.hex))
            let address = try Multiaddr(pair.text)
            #expect(address.bytes == bytes, "\(pair.text)")
            #expect(try Multiaddr(bytes: bytes) == address)
        }
        for pair in self.file.go.textAndBytes + self.file.rust.textAndBytes {
            #expect(try Multiaddr(bytes: #require(Bytes(hex: pair.hex))).description == pair.text)
        }
    }

    @Test func `texts that are addresses survive the way to bytes and back`() throws {
        let texts = self.file.textOK + self.file.go.good
        #expect(texts.count == 28 + 93)
        for text in texts {
            let address = try Multiaddr(text)
            #expect(try Multiaddr(bytes: address.bytes) == address, "\(text)")
            #expect(try Multiaddr(address.description) == address, "\(text)")
            // Another base, the old name of p2p, a slash at the end, and bits that stand for nothing are not printed again.
            let isOneOfMany = ["/ipfs/", "/k", "/baf", "/certhash/", "zwassw"].contains { text.contains($0) }
            #expect(address.description == text || isOneOfMany || text.hasSuffix("/"))
        }
    }

    @Test func `texts that are no addresses are refused`() {
        let texts = self.file.textBad + self.file.textBadRust + self.file.go.bad + self.file.rust.bad
        #expect(texts.count == 22 + 16 + 66 + 41)
        for text in texts {
            #expect(throws: MultiaddrError.self, "\(text)") { try Multiaddr(text) }
        }
    }

    @Test func `bytes with an empty name or path are refused`() throws {
        for hex in self.file.bytesBadZeroPath {
            #expect(throws: MultiaddrError.self, "\(hex)") { try Multiaddr(bytes: #require(Bytes(hex: hex))) }
        }
    }

    @Test func `bytes that crashed other implementations are refused`() throws {
        #expect(self.file.crashers.count == 6)
        for hex in self.file.crashers {
            #expect(throws: MultiaddrError.self, "\(hex)") { try Multiaddr(bytes: #require(Bytes(hex: hex))) }
        }
    }
}
