public import Bytes
public import Multiformats

/// A DNS message as mDNS uses it (RFC 1035, section 4.1; RFC 6762, section 18).
public struct DNSMessage: Hashable, Sendable {
    /// The identifier: 0 in multicast messages of ours, and not looked at in others.
    public var id: UInt16 = 0
    /// Whether this is a response, and not a query.
    public var isResponse: Bool
    /// What is asked for.
    public var questions: [DNSQuestion] = []
    /// What answers the questions; in a query, what the asker knows already.
    public var answers: [DNSRecord] = []
    /// What the asker may want to know besides.
    public var additionals: [DNSRecord] = []

    /// An empty message.
    public init(isResponse: Bool) { self.isResponse = isResponse }
}

/// What a DNS message asks for.
public struct DNSQuestion: Hashable, Sendable {
    /// The name that is asked about.
    public var name: DNSName
    /// The type of record that is asked for.
    public var type: DNSType

    /// The question for the records of this type.
    public init(_ name: DNSName, _ type: DNSType) {
        self.name = name
        self.type = type
    }
}

/// The type of a record (RFC 1035, section 3.2.2).
public struct DNSType: RawRepresentable, Hashable, Sendable {
    public let rawValue: UInt16
    public init(rawValue: UInt16) { self.rawValue = rawValue }

    public static let address = DNSType(rawValue: 1)
    public static let pointer = DNSType(rawValue: 12)
    public static let text = DNSType(rawValue: 16)
    /// AAAA (RFC 3596).
    public static let address6 = DNSType(rawValue: 28)
    /// SRV (RFC 2782).
    public static let service = DNSType(rawValue: 33)
    /// In questions: every type.
    public static let any = DNSType(rawValue: 255)
}

/// A record of a DNS message.
public struct DNSRecord: Hashable, Sendable {
    /// What the record says.
    public enum Content: Hashable, Sendable {
        /// PTR.
        case pointer(DNSName)
        /// TXT: its strings, of at most 255 bytes each.
        case texts([Bytes])
        /// SRV.
        case service(priority: UInt16, weight: UInt16, port: UInt16, target: DNSName)
        /// A and AAAA.
        case address(IPAddress)
        /// Anything else, with its data as it came.
        case other(DNSType, Bytes)
    }

    /// The name that the record is about.
    public var name: DNSName
    /// Whether nobody else has records of this name and type (RFC 6762, section 10.2, "cache-flush").
    public var isUnique: Bool
    /// For how many seconds it holds; 0 takes it back.
    public var timeToLive: UInt32
    /// What it says.
    public var content: Content

    /// The record with these parts.
    public init(_ name: DNSName, isUnique: Bool = false, timeToLive: UInt32, _ content: Content) {
        self.name = name
        self.isUnique = isUnique
        self.timeToLive = timeToLive
        self.content = content
    }
}
