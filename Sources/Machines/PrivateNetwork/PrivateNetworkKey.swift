public import Bytes
internal import Cryptography
internal import Multiformats

/// The key that the members of a private network share (libp2p pnet/Private-Networks-PSK-V1.md).
public struct PrivateNetworkKey: Sendable {
    /// Bytes in a key.
    public static let size = 32
    /// The largest key file that is read, in bytes; one in base16 has 97.
    public static let maximumFileSize = 1_024

    let key: XSalsa20.Key
    /// A name for the key from which nobody can tell it: the one that Kubo prints.
    public let fingerprint: Bytes

    /// Takes the 32 bytes of a key, or answers nil where there are more or fewer.
    public init?(_ bytes: Bytes) {
        guard let key = XSalsa20.Key(bytes) else { return nil }
        self.key = key
        self.fingerprint = key.fingerprint
    }

    /// Reads the contents of a `swarm.key` file, as Kubo and go-libp2p have it: two lines that say what it is, and the key in
    /// base16, in base64 or as it is. Throws `SwarmKeyError`, which never shows what stands in the file.
    public init(swarmKey contents: Bytes) throws(SwarmKeyError) {
        guard contents.count <= Self.maximumFileSize else { throw .tooLong }
        var lines = SwarmKeyLines(contents)
        guard lines.next().elementsEqual("/key/swarm/psk/1.0.0/".utf8) else { throw .unknownFormat }
        let name = lines.next()
        guard let encoding = SwarmKeyEncoding.allCases.first(where: { $0.rawValue.utf8.elementsEqual(name) }) else {
            throw .unknownEncoding
        }
        let bytes: Bytes
        if encoding == .bin {
            bytes = lines.binaryRest(Self.size)
        } else {
            let text = lines.next().utf8Text
            guard let decoded = text.flatMap({ encoding.decode($0) }) else { throw .malformedKey(encoding) }
            guard lines.restIsBlank else { throw .trailingData }
            bytes = decoded
        }
        guard let key = PrivateNetworkKey(bytes) else { throw .wrongLength(encoding, count: bytes.count) }
        self = key
    }
}

extension PrivateNetworkKey: CustomStringConvertible {
    /// The fingerprint in hexadecimal, never the key.
    public var description: String { self.fingerprint.hex }
}

/// How a `swarm.key` file writes its key.
public enum SwarmKeyEncoding: String, CaseIterable, Hashable, Sendable {
    case base16 = "/base16/"
    case base64 = "/base64/"
    case bin = "/bin/"

    fileprivate func decode(_ text: String) -> Bytes? {
        switch self {
        case .base16: Bytes(hex: text)
        // Go wants the padding, and others leave it out.
        case .base64: try? (text.hasSuffix("=") ? Multibase.base64pad : .base64).decodeWithoutPrefix(text)
        case .bin: nil
        }
    }
}

/// The lines of a file, which end in LF or CRLF.
private struct SwarmKeyLines {
    private var rest: Bytes

    init(_ contents: Bytes) { self.rest = contents }

    /// The next line without its end, and without blanks there; empty where there is none.
    mutating func next() -> Bytes {
        let end = self.rest.firstIndex(of: UInt8(ascii: "\n")) ?? self.rest.count
        var line = self.rest[0..<end]
        self.rest = self.rest[min(end + 1, self.rest.count)..<self.rest.count]
        while line.last.map(Self.isBlank) == true { line = line[0..<line.count - 1] }
        return line
    }

    /// All that is left, without the line's end that an editor may have put behind `count` bytes.
    func binaryRest(_ count: Int) -> Bytes {
        guard self.rest.count > count, self.rest[count..<self.rest.count].allSatisfy(Self.isEndOfLine) else {
            return self.rest
        }
        return self.rest[0..<count]
    }

    var restIsBlank: Bool { self.rest.allSatisfy(Self.isBlank) }

    private static func isBlank(_ byte: UInt8) -> Bool {
        Self.isEndOfLine(byte) || byte == UInt8(ascii: " ") || byte == UInt8(ascii: "\t")
    }

    private static func isEndOfLine(_ byte: UInt8) -> Bool {
        byte == UInt8(ascii: "\n") || byte == UInt8(ascii: "\r")
    }
}
