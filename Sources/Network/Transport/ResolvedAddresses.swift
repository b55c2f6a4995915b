public import Multiformats

/// What the names of an address resolved to.
public struct ResolvedAddresses: Sendable {
    /// A name, or a part of what it led to, that gave no address.
    public struct Failure: Hashable, Sendable, CustomStringConvertible {
        /// The name that was asked for, such as `_dnsaddr.example.org`.
        public let name: String
        /// A sentence for a person, which has the name in it.
        public let reason: String
        /// What sort of failure it was, for a program to decide by: `timedOut` where no server answered.
        public let code: TransportError.Code

        /// The failure of `name`, with a sentence for a person.
        public init(name: String, reason: String, code: TransportError.Code = .nameNotFound) {
            self.name = name
            self.reason = reason
            self.code = code
        }

        public var description: String { self.reason }
    }

    /// Addresses without names, in the order of the answers, none twice.
    public var addresses: [Multiaddr]
    /// The names that gave nothing, and the limits that were reached.
    public var failures: [Failure]

    /// The outcome of one resolution.
    public init(addresses: [Multiaddr], failures: [Failure] = []) {
        self.addresses = addresses
        self.failures = failures
    }
}
