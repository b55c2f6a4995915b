/// Why the contents of a `swarm.key` file are no key, with the line that is wrong.
///
/// It never holds what stands there: a file without its first lines begins with the key.
public enum SwarmKeyError: Error, Hashable, Sendable {
    /// The file is larger than any key.
    case tooLong
    /// The first line does not say that this is a key of a private network.
    case unknownFormat
    /// The second line names no encoding that is known.
    case unknownEncoding
    /// The third line is not in the encoding of the second.
    case malformedKey(SwarmKeyEncoding)
    /// The third line holds more or fewer bytes than a key has.
    case wrongLength(SwarmKeyEncoding, count: Int)
    /// Something follows the key.
    case trailingData

    /// The number of the line that is wrong, from 1; nil where it is none in particular.
    public var line: Int? {
        switch self {
        case .tooLong: nil
        case .unknownFormat: 1
        case .unknownEncoding: 2
        case .malformedKey, .wrongLength: 3
        case .trailingData: 4
        }
    }
}

extension SwarmKeyError: CustomStringConvertible {
    public var description: String {
        switch self {
        case .tooLong: "it is longer than \(PrivateNetworkKey.maximumFileSize) bytes"
        case .unknownFormat: "line 1 is not /key/swarm/psk/1.0.0/"
        case .unknownEncoding: "line 2 is none of /base16/, /base64/ and /bin/"
        case .malformedKey(let encoding): "line 3 is not in the encoding \(encoding.rawValue) that line 2 names"
        case .wrongLength(let encoding, let count):
            "line 3 holds \(count) bytes in \(encoding.rawValue), and a key has \(PrivateNetworkKey.size)"
        case .trailingData: "line 4 or one behind it is not empty, and nothing follows a key"
        }
    }
}
