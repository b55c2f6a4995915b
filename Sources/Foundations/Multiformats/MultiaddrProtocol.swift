/// The protocols of the multiaddr table, by their codes (multiformats/multiaddr, `protocols.csv`).
public enum MultiaddrProtocol: UInt64, CaseIterable, Hashable, Sendable {
    case ip4 = 4
    case tcp = 6
    case dccp = 33
    case ip6 = 41
    case ip6zone = 42
    case ipcidr = 43
    case dns = 53
    case dns4 = 54
    case dns6 = 55
    case dnsaddr = 56
    case sctp = 132
    case udp = 273
    case p2pWebRTCStar = 275
    case p2pWebRTCDirect = 276
    case p2pStardust = 277
    case webrtcDirect = 280
    case webrtc = 281
    case p2pCircuit = 290
    case udt = 301
    case utp = 302
    case unix = 400
    case p2p = 421
    case https = 443
    case onion = 444
    case onion3 = 445
    case garlic64 = 446
    case garlic32 = 447
    case tls = 448
    case sni = 449
    case noise = 454
    case quic = 460
    case quicV1 = 461
    case webtransport = 465
    case certhash = 466
    case ws = 477
    case wss = 478
    case p2pWebSocketStar = 479
    case http = 480
    case httpPath = 481
    case memory = 777

    /// The protocol of a name in the table, or of the old name "ipfs" of `p2p`.
    public init?(name: some StringProtocol) {
        guard let found = Self.byName[String(name)] else { return nil }
        self = found
    }

    /// The name in the table.
    public var name: String {
        switch self {
        case .ip4: "ip4"
        case .tcp: "tcp"
        case .dccp: "dccp"
        case .ip6: "ip6"
        case .ip6zone: "ip6zone"
        case .ipcidr: "ipcidr"
        case .dns: "dns"
        case .dns4: "dns4"
        case .dns6: "dns6"
        case .dnsaddr: "dnsaddr"
        case .sctp: "sctp"
        case .udp: "udp"
        case .p2pWebRTCStar: "p2p-webrtc-star"
        case .p2pWebRTCDirect: "p2p-webrtc-direct"
        case .p2pStardust: "p2p-stardust"
        case .webrtcDirect: "webrtc-direct"
        case .webrtc: "webrtc"
        case .p2pCircuit: "p2p-circuit"
        case .udt: "udt"
        case .utp: "utp"
        case .unix: "unix"
        case .p2p: "p2p"
        case .https: "https"
        case .onion: "onion"
        case .onion3: "onion3"
        case .garlic64: "garlic64"
        case .garlic32: "garlic32"
        case .tls: "tls"
        case .sni: "sni"
        case .noise: "noise"
        case .quic: "quic"
        case .quicV1: "quic-v1"
        case .webtransport: "webtransport"
        case .certhash: "certhash"
        case .ws: "ws"
        case .wss: "wss"
        case .p2pWebSocketStar: "p2p-websocket-star"
        case .http: "http"
        case .httpPath: "http-path"
        case .memory: "memory"
        }
    }

    /// What the protocol's value looks like.
    var format: MultiaddrValueFormat {
        switch self {
        case .ip4: .ip4
        case .ip6: .ip6
        case .ipcidr: .prefixLength
        case .tcp, .udp, .dccp, .sctp: .port
        case .dns, .dns4, .dns6, .dnsaddr, .sni, .ip6zone: .name
        case .unix: .path
        case .p2p: .peerID
        case .onion: .onion(hostLength: 10)
        case .onion3: .onion(hostLength: 35)
        case .garlic64: .garlic64
        case .garlic32: .garlic32
        case .certhash: .certhash
        case .httpPath: .httpPath
        case .memory: .memory
        case .p2pWebRTCStar, .p2pWebRTCDirect, .p2pStardust, .webrtcDirect, .webrtc, .p2pCircuit, .udt, .utp, .https,
            .tls, .noise, .quic, .quicV1, .webtransport, .ws, .wss, .p2pWebSocketStar, .http:
            .none
        }
    }

    private static let byName: [String: MultiaddrProtocol] = {
        var byName = Dictionary(uniqueKeysWithValues: Self.allCases.map { ($0.name, $0) })
        byName["ipfs"] = .p2p
        return byName
    }()
}

extension MultiaddrProtocol: CustomStringConvertible {
    public var description: String { self.name }
}
