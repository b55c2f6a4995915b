public import Bytes
internal import Multiformats

/// The client's side of a CONNECT through a SOCKS proxy (RFC 1928), with or without a user name and a password (RFC 1929).
///
/// The caller sends what `nextOutput` gives, and again after each `receive`. Whoever receives no more than `missingBytes` at a
/// time reads nothing behind the proxy's last answer: there the connection to the destination begins.
public struct SOCKS5Client: Sendable {
    private static let version: UInt8 = 5
    private static let noAuthentication: UInt8 = 0
    private static let usernamePassword: UInt8 = 2
    private static let noAcceptableMethod: UInt8 = 0xff
    private static let connect: UInt8 = 1

    private enum Stage {
        case method
        case authentication
        case reply
        case connected
    }

    private let request: Bytes
    private let credentials: SOCKS5Credentials?
    private var stage = Stage.method
    private var output: Bytes?
    private var input: [UInt8] = []

    /// Begins to ask for a connection to `destination`. With `credentials` no other way of authentication is offered: a proxy
    /// that ignored them would not keep apart what is to be kept apart.
    public init(to destination: SOCKS5Destination, credentials: SOCKS5Credentials? = nil) throws(SOCKS5Error) {
        self.request = try Self.request(destination)
        self.credentials = credentials
        let method = credentials == nil ? Self.noAuthentication : Self.usernamePassword
        self.output = [Self.version, 1, method]
    }

    /// Whether the proxy has connected.
    public var isConnected: Bool { self.stage == .connected }

    /// Whether the proxy has been asked for the destination, so that what follows may be the destination's fault.
    public var hasAsked: Bool { self.stage == .reply || self.stage == .connected }

    /// What to send now.
    public mutating func nextOutput() -> Bytes? { self.output.take() }

    /// How many bytes the proxy must still send at least before the next step; 0 once it has connected.
    public var missingBytes: Int { max(0, self.answerSize - self.input.count) }

    /// Takes what the proxy sent; whether it has connected. No byte behind its last answer is read.
    public mutating func receive(_ input: inout BytesReader) throws(SOCKS5Error) -> Bool {
        while self.stage != .connected, !input.isAtEnd {
            let part = try? input.readBytes(min(self.missingBytes, input.remaining))
            self.input += part ?? Bytes()
            try self.checkAnswer()
            if self.missingBytes == 0 { try self.finishAnswer() }
        }
        return self.isConnected
    }

    /// Why there is no connection when the proxy ends its side before it has answered.
    public var errorAtEndOfInput: SOCKS5Error { .ended }

    // MARK: Answers

    /// How long the answer is, as far as its beginning tells.
    private var answerSize: Int {
        switch self.stage {
        case .method, .authentication: return 2
        case .connected: return 0
        case .reply:
            guard self.input.count >= 4 else { return 4 }
            switch self.input[3] {
            case AddressType.ipv4.rawValue: return 4 + 4 + 2
            case AddressType.ipv6.rawValue: return 4 + 16 + 2
            default: return self.input.count >= 5 ? 5 + Int(self.input[4]) + 2 : 5
            }
        }
    }

    /// Refuses an answer as soon as its beginning shows that it is none, or a refusal: nothing else of it is waited for.
    private func checkAnswer() throws(SOCKS5Error) {
        // Servers put either version in front of the answer to a user name (RFC 1929 says 1), and clients do not mind.
        if self.stage != .authentication, let version = self.input.first,
            !Defence.proxyVersion.holds(version == Self.version)
        {
            throw .notSOCKS5(version: version)
        }
        guard self.stage == .reply, self.input.count >= 2 else { return }
        guard self.input[1] == 0 else { throw .refused(SOCKS5Refusal(code: self.input[1])) }
        if self.input.count >= 4, AddressType(rawValue: self.input[3]) == nil {
            throw .unknownAddressType(self.input[3])
        }
    }

    private mutating func finishAnswer() throws(SOCKS5Error) {
        let answer = self.input
        self.input = []
        switch self.stage {
        case .method: try self.choose(answer[1])
        case .authentication:
            guard answer[1] == 0 else { throw .authenticationRefused }
            self.ask()
        case .reply: self.stage = .connected
        case .connected: break
        }
    }

    private mutating func choose(_ method: UInt8) throws(SOCKS5Error) {
        switch (method, self.credentials) {
        case (Self.noAuthentication, let credentials) where Defence.proxyCredentials.holds(credentials == nil):
            self.ask()
        case (Self.usernamePassword, let credentials?):
            var writer = BytesWriter()
            writer.write(1)
            for text in [credentials.username, credentials.password] {
                writer.write(UInt8(truncatingIfNeeded: text.utf8.count))
                writer.write(text.utf8)
            }
            self.output = writer.finish()
            self.stage = .authentication
        case (Self.noAcceptableMethod, let credentials):
            throw .noAcceptableMethod(hasCredentials: credentials != nil)
        default: throw .unexpectedMethod(method)
        }
    }

    private mutating func ask() {
        self.output = self.request
        self.stage = .reply
    }

    // MARK: The request

    private enum AddressType: UInt8 {
        case ipv4 = 1
        case name = 3
        case ipv6 = 4
    }

    private static func request(_ destination: SOCKS5Destination) throws(SOCKS5Error) -> Bytes {
        var writer = BytesWriter()
        writer.write([Self.version, Self.connect, 0])
        switch destination.host {
        case .ip(let address):
            let octets = address.octets
            writer.write((octets.count == 4 ? AddressType.ipv4 : .ipv6).rawValue)
            writer.write(octets)
        case .name(let name):
            guard 1...SOCKS5Limits.textSize ~= name.utf8.count else { throw .invalidName }
            writer.write(AddressType.name.rawValue)
            writer.write(UInt8(truncatingIfNeeded: name.utf8.count))
            writer.write(name.utf8)
        }
        writer.writeInteger(destination.port)
        return writer.finish()
    }
}
