public import Multiformats

/// Where a SOCKS proxy is asked to connect to (RFC 1928, section 5).
public struct SOCKS5Destination: Hashable, Sendable {
    /// A machine, by its address or by a name that the proxy looks up.
    public enum Host: Hashable, Sendable {
        case ip(IPAddress)
        case name(String)
    }

    /// The machine.
    public let host: Host
    /// The TCP port.
    public let port: UInt16

    /// The destination of these parts.
    public init(_ host: Host, port: UInt16) {
        self.host = host
        self.port = port
    }
}

extension SOCKS5Destination: CustomStringConvertible {
    /// `192.0.2.1:80`, `[2001:db8::1]:80` or `example.org:80`.
    public var description: String {
        switch self.host {
        case .ip(.v4(let address)): "\(address):\(self.port)"
        case .ip(.v6(let address)): "[\(address)]:\(self.port)"
        case .name(let name): "\(name):\(self.port)"
        }
    }
}

/// A user name and a password for a SOCKS proxy (RFC 1929). Tor keeps the streams of different ones apart.
public struct SOCKS5Credentials: Hashable, Sendable {
    /// The user name, of 1 to 255 bytes.
    public let username: String
    /// The password, of 1 to 255 bytes.
    public let password: String

    /// Takes both, or answers nil where one is empty or longer than 255 bytes.
    public init?(username: String, password: String) {
        let lengths = 1...SOCKS5Limits.textSize
        guard lengths.contains(username.utf8.count), lengths.contains(password.utf8.count) else { return nil }
        self.username = username
        self.password = password
    }
}

/// The sizes of the protocol, all of which follow from its lengths of one byte (RFC 1928 and RFC 1929).
public enum SOCKS5Limits {
    /// The most bytes in a name, a user name or a password.
    public static let textSize = 255
    /// The most bytes in an answer of the proxy: one with a name as the bound address.
    public static let replySize = 4 + 1 + 255 + 2
}
