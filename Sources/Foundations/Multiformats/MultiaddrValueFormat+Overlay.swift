import Bytes

/// The values of Tor and I2P addresses.
extension MultiaddrValueFormat {
    /// I2P's base 64 has "-" and "~" where the usual one has "+" and "/".
    private static let garlic64Coding = BitCoding(
        BaseAlphabet("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-~"), bits: 6)
    /// An I2P destination has keys of 384 bytes and a certificate (geti2p.net, "Common structures", Destination).
    private static let minimumGarlic64Length = 386
    /// A hash, or the longer address of an encrypted lease set (geti2p.net, "B32 for Encrypted Leasesets").
    private static let garlic32Length = 32
    private static let minimumEncryptedGarlic32Length = 35

    func overlayBytes(of text: Substring) throws(MultiaddrValueError) -> Bytes {
        let value: Bytes
        if case .onion(let hostLength) = self {
            value = try Self.onionBytes(of: text, hostLength: hostLength)
        } else {
            do {
                value = try self.garlicBytes(of: text)
            } catch {
                throw .invalid(text.quoted, "an I2P address", because: error)
            }
        }
        try self.checkOverlay(value)
        return value
    }

    func checkOverlay(_ value: Bytes) throws(MultiaddrValueError) {
        switch self {
        case .onion:
            guard value.suffix(2).contains(where: { $0 != 0 }) else {
                throw .invalid("0", "the port of an onion service")
            }
        case .garlic64:
            guard value.count >= Self.minimumGarlic64Length else {
                throw .invalid("a text for \(value.count) bytes", "an I2P destination: it has at least 386")
            }
        default:
            guard value.count == Self.garlic32Length || value.count >= Self.minimumEncryptedGarlic32Length else {
                throw .invalid("a text for \(value.count) bytes", "an I2P hash: it has 32, or 35 and more")
            }
        }
    }

    func overlayText(of value: Bytes) -> String {
        switch self {
        case .onion:
            "\(Multibase.base32.encodeWithoutPrefix(value.dropLast(2))):\(value.suffix(2).bigEndianInteger)"
        case .garlic64: String(decoding: Self.garlic64Coding.padded.encode(value), as: UTF8.self)
        default: Multibase.base32.encodeWithoutPrefix(value)
        }
    }

    private func garlicBytes(of text: Substring) throws(MultiformatsError) -> Bytes {
        guard self == .garlic64 else {
            // go-multiaddr reads, and has in its tests, texts whose last character is filled with other bits than zero.
            return try Multibase.base32Coding.ignoringTrailingBits.decode(text.utf8, in: .base32)
        }
        // go-multiaddr pads the text and rust-multiaddr does not.
        let isPadded = text.utf8.last == UInt8(ascii: "=")
        return try (isPadded ? Self.garlic64Coding.padded : Self.garlic64Coding).decode(text.utf8, in: .base64)
    }

    private static func onionBytes(of text: Substring, hostLength: Int) throws(MultiaddrValueError) -> Bytes {
        let parts = text.utf8.split(separator: UInt8(ascii: ":"), omittingEmptySubsequences: false)
        guard parts.count == 2, let port = decimal(parts[1], as: UInt16.self) else {
            throw .invalid(text.quoted, "an onion address, a colon and a port")
        }
        let host: Bytes
        do {
            host = try Multibase.base32.decodeWithoutPrefix(String(Substring(parts[0])))
        } catch {
            throw .invalid(text.quoted, "an onion address and port", because: error)
        }
        guard host.count == hostLength else {
            throw .invalid(text.quoted, "an onion address of \(hostLength) bytes and a port")
        }
        return Bytes(Array(host) + Array(Bytes(bigEndian: port)))
    }
}
