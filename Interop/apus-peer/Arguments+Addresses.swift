import Apus

extension Arguments {
    /// The values of a flag that takes multiaddrs.
    func addresses(_ name: String) throws(UsageError) -> [Multiaddr] {
        var addresses: [Multiaddr] = []
        for text in self.strings(name) { addresses.append(try Self.address(text)) }
        return addresses
    }

    /// The value of a flag that takes the address of a peer, with its `/p2p`.
    func peerAddress(_ name: String) throws(UsageError) -> Multiaddr {
        let address = try Self.address(try self.required(name))
        guard address.peerID != nil else { throw UsageError("--\(name) \(address): there is no /p2p at its end") }
        return address
    }

    private static func address(_ text: String) throws(UsageError) -> Multiaddr {
        do {
            return try Multiaddr(text)
        } catch {
            throw UsageError("\(error)")
        }
    }

    /// Refuses what is not Noise: TLS is not there yet, and `both` means what there is.
    func checkSecurity() throws(UsageError) {
        let security = try self.choice("security", default: "noise", of: ["noise", "tls", "both"])
        if security == "tls" { throw UsageError("--security tls: this peer has Noise alone so far") }
    }
}
