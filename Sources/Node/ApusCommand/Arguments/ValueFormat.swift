import Apus

/// Why a text is not a value of its format: a clause for behind "--count 0: ".
struct InvalidValue: Error, Equatable {
    let explanation: String

    init(_ explanation: String) { self.explanation = explanation }
}

/// How the values of an option are written.
struct ValueFormat<Value: Sendable>: Sendable {
    /// How a configuration file writes a value.
    let literal: ValueLiteral
    /// What a shell may offer.
    let completion: ValueCompletion
    let read: @Sendable (String) throws(InvalidValue) -> Value
}

/// The JSON5 literal that a value has in a configuration file.
enum ValueLiteral: Sendable {
    case string
    case number
    case boolean
}

/// What a shell offers for a value.
enum ValueCompletion: Equatable, Sendable {
    case nothing
    case files
    case directories
    case words([String])
}

extension ValueFormat where Value == Bool {
    static let boolean = ValueFormat(
        literal: .boolean, completion: .words(["true", "false"])
    ) { text throws(InvalidValue) in
        switch text {
        case "true", "yes", "1": return true
        case "false", "no", "0": return false
        default: throw InvalidValue("\(text.quoted) is neither true nor false")
        }
    }
}

extension ValueFormat where Value == String {
    static let text = ValueFormat(literal: .string, completion: .nothing) { text in text }
    static let file = ValueFormat.path(completion: .files)
    static let directory = ValueFormat.path(completion: .directories)

    private static func path(completion: ValueCompletion) -> ValueFormat {
        ValueFormat(literal: .string, completion: completion) { text throws(InvalidValue) in
            guard !text.isEmpty else { throw InvalidValue("a path must not be empty") }
            return text
        }
    }

    /// The address of a name server: an IP address and a port.
    static let nameServer = ValueFormat(literal: .string, completion: .nothing) { text throws(InvalidValue) in
        let colon = text.lastIndex(of: ":") ?? text.endIndex
        let host = text[..<colon]
        let isBracketed = host.hasPrefix("[") && host.hasSuffix("]")
        let isAddress = isBracketed ? IPv6Address(host.dropFirst().dropLast()) != nil : IPv4Address(host) != nil
        guard isAddress, let port = UInt16(text[colon...].dropFirst()), port > 0 else {
            throw InvalidValue("\(text.quoted) is not an address and a port, such as 192.0.2.1:53 or [2001:db8::1]:53")
        }
        return text
    }
}

extension ValueFormat where Value == SocketAddress {
    /// Where a SOCKS proxy listens: an IP address, or this machine, and a port. A name would have to be looked up.
    static let socksProxy = ValueFormat(literal: .string, completion: .nothing) { text throws(InvalidValue) in
        let colon = text.lastIndex(of: ":") ?? text.endIndex
        let host = text[..<colon] == "localhost" ? "127.0.0.1" : text[..<colon]
        let isBracketed = host.hasPrefix("[") && host.hasSuffix("]")
        let address =
            isBracketed
            ? IPv6Address(host.dropFirst().dropLast()).map(IPAddress.v6) : IPv4Address(host).map(IPAddress.v4)
        guard let address, let port = UInt16(text[colon...].dropFirst()), port > 0 else {
            throw InvalidValue(
                "\(text.quoted) is not an IP address and a port, such as 127.0.0.1:9050 or [::1]:9050")
        }
        return SocketAddress(address, port: port)
    }
}

extension ValueFormat where Value == SOCKS5Credentials {
    /// A user name and a password with the first colon between them.
    static let socksLogin = ValueFormat(literal: .string, completion: .nothing) { text throws(InvalidValue) in
        let parts = text.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
        guard parts.count == 2,
            let login = SOCKS5Credentials(username: String(parts[0]), password: String(parts[1]))
        else {
            // The text holds a password, which an error must not show.
            throw InvalidValue("it is not a user name, a colon and a password, each of 1 to 255 bytes")
        }
        return login
    }
}

extension ValueFormat where Value == Int {
    static func integer(_ range: ClosedRange<Int>) -> ValueFormat {
        ValueFormat(literal: .number, completion: .nothing) { text throws(InvalidValue) in
            guard let number = Int(text), range.contains(number) else {
                throw InvalidValue("\(text.quoted) is not a number from \(range.lowerBound) to \(range.upperBound)")
            }
            return number
        }
    }
}

extension ValueFormat where Value == Duration {
    /// A time that may be zero.
    static let duration = ValueFormat.time(from: .zero)
    /// How long something may take: with zero it could never be done.
    static let timeLimit = ValueFormat.time(from: .shortestLimit)

    private static func time(from shortest: Duration) -> ValueFormat {
        ValueFormat(literal: .string, completion: .nothing) { text throws(InvalidValue) in
            try Duration(text: text, in: shortest ... .longest)
        }
    }
}

extension ValueFormat where Value == ByteSize {
    static let size = ValueFormat(literal: .string, completion: .nothing) { text throws(InvalidValue) in
        try ByteSize(text)
    }
}

extension ValueFormat where Value == Multiaddr {
    static let multiaddr = ValueFormat(literal: .string, completion: .nothing) { text throws(InvalidValue) in
        do {
            return try Multiaddr(text)
        } catch {
            throw InvalidValue("\(error)")
        }
    }

    /// A multiaddr that names the peer that is to be found there.
    static let peerAddress = ValueFormat(literal: .string, completion: .nothing) { text throws(InvalidValue) in
        let address = try Self.multiaddr.read(text)
        guard address.peerID != nil else {
            throw InvalidValue("\(text.quoted) names no peer; add /p2p/ and the peer's ID")
        }
        return address
    }
}

extension ValueFormat where Value == IPNetwork {
    static let network = ValueFormat(literal: .string, completion: .nothing) { text throws(InvalidValue) in
        guard let network = IPNetwork(text) else {
            throw InvalidValue("\(text.quoted) is not a network, such as 192.0.2.0/24 or 2001:db8::/32")
        }
        return network
    }
}

extension ValueFormat where Value: CaseIterable {
    /// The name of one of a few cases.
    static var word: ValueFormat {
        let words = Value.allCases.map { "\($0)" }
        return ValueFormat(literal: .string, completion: .words(words)) { text throws(InvalidValue) in
            guard let value = Value.allCases.first(where: { "\($0)" == text }) else {
                throw InvalidValue("\(text.quoted) is none of \(words.joined(separator: ", "))")
            }
            return value
        }
    }
}

extension StringProtocol {
    /// The text between quotes, shortened, with what a terminal would obey escaped.
    var quoted: String {
        let shown = self.prefix(128)
        return "\"\(Printable.text(shown.endIndex == self.endIndex ? String(shown) : shown + "…"))\""
    }
}
