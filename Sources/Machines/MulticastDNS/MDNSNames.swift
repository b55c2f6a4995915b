/// The names of libp2p's mDNS (discovery/mdns.md, "Definitions").
public enum MDNSNames {
    /// `_p2p._udp.local`, the name of the service that every peer offers.
    public static let service = Self.fixed(["_p2p", "_udp", "local"])
    /// `_services._dns-sd._udp.local`, by which all services of a network are asked for (RFC 6763, section 9).
    public static let services = Self.fixed(["_services", "_dns-sd", "_udp", "local"])
    static let local = Self.fixed(["local"])

    private static func fixed(_ labels: [String]) -> DNSName {
        DNSName(wire: labels.flatMap { [UInt8($0.utf8.count)] + Array($0.utf8) })
    }

    /// A name for one run of a node: 32 to 63 random letters and digits, which say nothing of the peer.
    static func randomLabel(using generator: inout some RandomNumberGenerator) -> String {
        let alphabet = Array("abcdefghijklmnopqrstuvwxyz0123456789")
        let count = Int.random(in: 32...DNSName.longestLabel, using: &generator)
        return String((0..<count).map { _ in alphabet[Int.random(in: alphabet.indices, using: &generator)] })
    }
}
