public import Bytes

/// One protocol of a multiaddr with its value.
public struct MultiaddrComponent: Hashable, Sendable {
    /// The protocol, which says what the value means.
    public let `protocol`: MultiaddrProtocol
    /// The value's bytes, checked; empty where the protocol has none.
    public let value: Bytes

    init(checked proto: MultiaddrProtocol, _ value: Bytes = Bytes()) {
        self.protocol = proto
        self.value = value
    }

    /// The component whose value is written as `text`; the text of a path has its leading slash.
    public init(_ proto: MultiaddrProtocol, _ text: String) throws(MultiaddrError) {
        do {
            self.init(checked: proto, try Self.value(proto, text: text[...]))
        } catch {
            throw MultiaddrError(text: "/\(proto)/\(text)", error)
        }
    }

    /// The component whose value has these bytes.
    public init(_ proto: MultiaddrProtocol, value: Bytes) throws(MultiaddrError) {
        do {
            try Self.check(proto, value: value)
        } catch {
            throw MultiaddrError(bytes: value, error)
        }
        self.init(checked: proto, value)
    }

    /// The value's text, "" where the protocol has no value.
    public var text: String { self.protocol.format.text(of: self.value) }

    /// The address of `ip4` and `ip6`.
    public var ipAddress: IPAddress? {
        switch self.protocol {
        case .ip4: IPv4Address(octets: self.value).map(IPAddress.v4)
        case .ip6: IPv6Address(octets: self.value).map(IPAddress.v6)
        default: nil
        }
    }

    /// The port of `tcp`, `udp`, `dccp` and `sctp`.
    public var port: UInt16? {
        self.protocol.format == .port ? UInt16(truncatingIfNeeded: self.value.bigEndianInteger) : nil
    }

    /// The binary form: the code, the length where the protocol does not fix it, the value.
    func write(to writer: inout BytesWriter) {
        writer.writeVarint(self.protocol.rawValue)
        if self.protocol.format.fixedLength == nil {
            writer.writeLengthPrefixed(self.value)
        } else {
            writer.write(self.value)
        }
    }

    static func value(_ proto: MultiaddrProtocol, text: Substring) throws(MultiaddrError.Reason) -> Bytes {
        if proto.format == .none, !text.isEmpty {
            throw .invalidValue(proto, explanation: "/\(proto) has no value")
        }
        do {
            return try proto.format.bytes(of: text)
        } catch {
            throw .invalidValue(proto, explanation: error.explanation)
        }
    }

    static func check(_ proto: MultiaddrProtocol, value: Bytes) throws(MultiaddrError.Reason) {
        if let length = proto.format.fixedLength, value.count != length {
            throw .invalidValue(proto, explanation: "the value of /\(proto) has \(length) bytes, not \(value.count)")
        }
        do {
            try proto.format.check(value)
        } catch {
            throw .invalidValue(proto, explanation: error.explanation)
        }
    }
}

extension MultiaddrComponent {
    /// `/ip4` or `/ip6` with an address.
    public static func ip(_ address: IPAddress) -> Self {
        switch address {
        case .v4(let address): Self(checked: .ip4, Bytes(address.octets))
        case .v6(let address): Self(checked: .ip6, Bytes(address.octets))
        }
    }

    /// `/tcp` with a port.
    public static func tcp(_ port: UInt16) -> Self { Self(checked: .tcp, Bytes(bigEndian: port)) }
    /// `/udp` with a port.
    public static func udp(_ port: UInt16) -> Self { Self(checked: .udp, Bytes(bigEndian: port)) }
    /// `/memory` with the number of a listener in this process.
    public static func memory(_ number: UInt64) -> Self { Self(checked: .memory, Bytes(bigEndian: number)) }

    /// The peer whose ID has these bytes.
    public static func p2p(_ peerID: Bytes) throws(MultiaddrError) -> Self { try Self(.p2p, value: peerID) }

    /// What follows is reached through the relay in front (libp2p circuit v2).
    public static let p2pCircuit = Self(checked: .p2pCircuit)
    /// QUIC version 1 (RFC 9000) over the UDP port in front.
    public static let quicV1 = Self(checked: .quicV1)
    /// WebTransport over the QUIC connection in front.
    public static let webtransport = Self(checked: .webtransport)
    /// WebRTC to a server without signalling (libp2p webrtc-direct).
    public static let webrtcDirect = Self(checked: .webrtcDirect)
    /// TLS over the stream in front.
    public static let tls = Self(checked: .tls)
    /// WebSocket over the stream in front.
    public static let ws = Self(checked: .ws)
}

extension MultiaddrComponent: CustomStringConvertible {
    /// The component's part of a multiaddr's text, with its leading slash.
    public var description: String {
        switch self.protocol.format {
        case .none: "/\(self.protocol)"
        case .path: "/\(self.protocol)\(self.text)"
        default: "/\(self.protocol)/\(self.text)"
        }
    }
}
