import Bytes

/// The kinds of values that protocols have: how they are written as text and as bytes, and what is allowed.
///
/// Where the table (multiformats/multiaddr, `protocols.csv`) leaves a value open, the stricter rule of go-multiaddr and
/// rust-multiaddr holds, so that both read what is printed here.
enum MultiaddrValueFormat: Hashable, Sendable {
    case none
    case ip4
    case ip6
    case prefixLength
    case port
    /// A name that stands in the text as it is.
    case name
    /// A path that takes the rest of the text, with its slashes.
    case path
    case peerID
    /// Base 32 of the host, and a port.
    case onion(hostLength: Int)
    case garlic64
    case garlic32
    case certhash
    case httpPath
    case memory

    /// The value's length in bytes, or nil where a varint in front of it says it.
    var fixedLength: Int? {
        switch self {
        case .none: 0
        case .ip4: 4
        case .ip6: 16
        case .prefixLength: 1
        case .port: 2
        case .onion(let hostLength): hostLength + 2
        case .memory: 8
        case .name, .path, .peerID, .garlic64, .garlic32, .certhash, .httpPath: nil
        }
    }

    /// The bytes of the value that `text` stands for, or why it stands for none.
    func bytes(of text: Substring) throws(MultiaddrValueError) -> Bytes {
        switch self {
        case .none: return Bytes()
        case .ip4:
            guard let address = IPv4Address(text) else { throw .invalid(text.quoted, "an IPv4 address") }
            return Bytes(address.octets)
        case .ip6:
            guard let address = IPv6Address(text) else { throw .invalid(text.quoted, "an IPv6 address") }
            return Bytes(address.octets)
        case .prefixLength:
            guard let length = decimal(text.utf8, as: UInt8.self) else {
                throw .invalid(text.quoted, "a prefix length (0 to 255)")
            }
            return [length]
        case .port:
            guard let port = decimal(text.utf8, as: UInt16.self) else {
                throw .invalid(text.quoted, "a port (0 to 65535)")
            }
            return Bytes(bigEndian: port)
        case .memory:
            guard let number = decimal(text.utf8, as: UInt64.self) else {
                throw .invalid(text.quoted, "a memory address (a number of 64 bits)")
            }
            return Bytes(bigEndian: number)
        case .name, .path:
            let value = Bytes(text.utf8)
            try self.check(value)
            return value
        case .peerID:
            do {
                return try Multihash(peerID: String(text)).bytes
            } catch {
                let isBase58 = Multihash.isBase58(peerID: text)
                throw .invalid(
                    text.quoted, isBase58 ? "a peer ID" : "a peer ID in base 58, nor one as a CID", because: error)
            }
        case .certhash:
            do {
                return try Multihash(bytes: try Multibase.decode(String(text)).bytes).bytes
            } catch {
                throw .invalid(text.quoted, "a certificate hash", because: error)
            }
        case .httpPath:
            guard let value = Bytes(percentEncoded: text), !value.isEmpty else {
                throw .invalid(text.quoted, "a percent-encoded path")
            }
            return value
        case .onion, .garlic64, .garlic32:
            return try self.overlayBytes(of: text)
        }
    }

    /// Checks a value that came as bytes; its length is right where it is fixed.
    func check(_ value: Bytes) throws(MultiaddrValueError) {
        switch self {
        case .none, .ip4, .ip6, .prefixLength, .port, .memory:
            break
        case .name:
            guard let text = value.utf8Text else { throw .invalid("0x\(value)", "a name in UTF-8") }
            // Control characters are in no name, and would forge lines wherever an address is logged.
            guard !text.isEmpty, !text.utf8.contains(UInt8(ascii: "/")), !text.hasControlCharacters else {
                throw .invalid(text.quoted, "a name")
            }
        case .path:
            guard let text = value.utf8Text else { throw .invalid("0x\(value)", "a path in UTF-8") }
            guard text.utf8.count > 1, text.utf8.first == UInt8(ascii: "/"), text.utf8.last != UInt8(ascii: "/"),
                !text.hasControlCharacters
            else { throw .invalid(text.quoted, "an absolute path of a file") }
        case .peerID:
            do {
                _ = try Multihash(peerID: value)
            } catch {
                throw .invalid("0x\(value)", "a peer ID", because: error)
            }
        case .certhash:
            do {
                _ = try Multihash(bytes: value)
            } catch {
                throw .invalid("0x\(value)", "a certificate hash", because: error)
            }
        case .httpPath:
            guard !value.isEmpty else { throw .invalid("\"\"", "a path") }
        case .onion, .garlic64, .garlic32:
            try self.checkOverlay(value)
        }
    }

    /// The text of a checked value.
    func text(of value: Bytes) -> String {
        switch self {
        case .none: ""
        case .ip4: IPv4Address(octets: value)?.description ?? ""
        case .ip6: IPv6Address(octets: value)?.description ?? ""
        case .prefixLength, .port, .memory: "\(value.bigEndianInteger)"
        case .name, .path: value.utf8Text ?? ""
        case .peerID: Base58.encode(value)
        case .certhash: Multibase.base64url.encode(value)
        case .httpPath: value.percentEncoded
        case .onion, .garlic64, .garlic32: self.overlayText(of: value)
        }
    }
}

/// Why a value is not one of its protocol, as a clause for a person.
struct MultiaddrValueError: Error {
    let explanation: String

    /// `shown` is not `what`, and `cause` says more.
    static func invalid(_ shown: String, _ what: String, because cause: MultiformatsError? = nil) -> Self {
        MultiaddrValueError(explanation: "\(shown) is not \(what)" + (cause.map { ": \($0)" } ?? ""))
    }
}

extension String {
    fileprivate var hasControlCharacters: Bool {
        Defence.addressControlCharacters.isOn && self.utf8.contains { $0 < 0x20 || $0 == 0x7f }
    }
}
