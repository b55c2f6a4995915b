/// Why a SOCKS proxy did not connect, or cannot be asked to.
public enum SOCKS5Error: Error, Hashable, Sendable {
    /// A name is empty or has more than 255 bytes.
    case invalidName
    /// The proxy's answer begins with another version than 5: it is a server of something else.
    case notSOCKS5(version: UInt8)
    /// The proxy wants a user name and a password, or a kind of authentication that this node does not have.
    case noAcceptableMethod(hasCredentials: Bool)
    /// The proxy chose a method that was not offered.
    case unexpectedMethod(UInt8)
    /// The proxy refused the user name and the password.
    case authenticationRefused
    /// The proxy's answer has a kind of address that RFC 1928 does not know.
    case unknownAddressType(UInt8)
    /// The proxy did not connect, and said why.
    case refused(SOCKS5Refusal)
    /// The proxy closed the connection before it had answered.
    case ended
}

/// What a proxy says where it does not connect (RFC 1928, section 6), and Tor's own reasons (proposal 304).
public enum SOCKS5Refusal: Hashable, Sendable {
    case generalFailure
    case notAllowed
    case networkUnreachable
    case hostUnreachable
    case connectionRefused
    case timeToLiveExpired
    case commandNotSupported
    case addressTypeNotSupported
    case onionDescriptorNotFound
    case onionDescriptorInvalid
    case onionIntroductionFailed
    case onionRendezvousFailed
    case onionAuthenticationMissing
    case onionAuthenticationWrong
    case onionAddressInvalid
    case onionIntroductionTimedOut
    case other(UInt8)

    init(code: UInt8) {
        self =
            switch code {
            case 1: .generalFailure
            case 2: .notAllowed
            case 3: .networkUnreachable
            case 4: .hostUnreachable
            case 5: .connectionRefused
            case 6: .timeToLiveExpired
            case 7: .commandNotSupported
            case 8: .addressTypeNotSupported
            case 0xf0: .onionDescriptorNotFound
            case 0xf1: .onionDescriptorInvalid
            case 0xf2: .onionIntroductionFailed
            case 0xf3: .onionRendezvousFailed
            case 0xf4: .onionAuthenticationMissing
            case 0xf5: .onionAuthenticationWrong
            case 0xf6: .onionAddressInvalid
            case 0xf7: .onionIntroductionTimedOut
            default: .other(code)
            }
    }
}

extension SOCKS5Refusal: CustomStringConvertible {
    public var description: String {
        switch self {
        case .generalFailure: "general failure"
        case .notAllowed: "not allowed by its rules"
        case .networkUnreachable: "network unreachable"
        case .hostUnreachable: "host unreachable"
        case .connectionRefused: "connection refused"
        case .timeToLiveExpired: "it took too long"
        case .commandNotSupported: "it does not connect for others"
        case .addressTypeNotSupported: "it does not know this kind of address"
        case .onionDescriptorNotFound: "the onion service's descriptor was not found"
        case .onionDescriptorInvalid: "the onion service's descriptor is invalid"
        case .onionIntroductionFailed: "the onion service was not introduced to"
        case .onionRendezvousFailed: "no rendezvous with the onion service came about"
        case .onionAuthenticationMissing: "the onion service wants a client's key"
        case .onionAuthenticationWrong: "the onion service does not accept the client's key"
        case .onionAddressInvalid: "the onion address is invalid"
        case .onionIntroductionTimedOut: "the onion service did not answer in time"
        case .other(let code): "code \(code)"
        }
    }
}

extension SOCKS5Error: CustomStringConvertible {
    public var description: String {
        switch self {
        case .invalidName: "a name that a SOCKS proxy looks up has 1 to \(SOCKS5Limits.textSize) bytes"
        case .notSOCKS5: "the SOCKS proxy does not speak SOCKS 5"
        case .noAcceptableMethod(hasCredentials: false): "the SOCKS proxy wants a user name and a password"
        case .noAcceptableMethod(hasCredentials: true): "the SOCKS proxy takes no user name and password"
        case .unexpectedMethod(let method): "the SOCKS proxy chose the authentication \(method), which was not offered"
        case .authenticationRefused: "the SOCKS proxy refused the user name and the password"
        case .unknownAddressType(let type): "the SOCKS proxy answered with an address of the unknown type \(type)"
        case .refused(let refusal): "the SOCKS proxy could not connect: \(refusal)"
        case .ended: "the SOCKS proxy closed the connection before it had answered"
        }
    }
}
