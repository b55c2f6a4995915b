import Apus

extension Node {
    /// Says whom a list of those alone who are allowed shuts out, where that can hardly be meant: everybody, or a peer that
    /// the node is told to stay connected to.
    func warnOfAccess() {
        let gater = self.swarm.gater
        guard gater.allowsListedOnly else { return }
        let log = Log("access")
        guard gater.list.contains(where: { $0.action == .allow }) else {
            return log.warning(
                "--only-allowed shuts everybody out, since the access list allows nobody; "
                    + "allow a peer, an address or a subnet with: apus access allow TARGET")
        }
        var named: Set<PeerID> = []
        for address in self.configuration.bootstrap + self.configuration.peers {
            guard let peer = address.peerID, peer != self.peerID, !named.contains(peer),
                let refusal = self.swarm.accessRefusal(dialling: peer, at: address)
            else { continue }
            named.insert(peer)
            log.warning(
                "a configured peer is shut out by --only-allowed; allow it with: apus access allow \(peer)",
                ["peer": peer, "reason": refusal])
        }
    }
}
