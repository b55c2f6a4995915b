package import Multiformats
package import PeerIdentity
import Transport

extension Swarm {
    /// Why the access list does not let a peer that has proved who it is have a connection; it is told to whoever listens.
    func refusal(of peer: PeerID, at address: Multiaddr, _ direction: Direction) -> AccessRefusal? {
        let refusal = self.gater.refusal(of: peer, at: address)
        return self.reported(refusal, direction, peer: peer, address: address)
    }

    /// Why nothing is accepted from an address.
    func refusal(accepting address: Multiaddr) -> AccessRefusal? {
        self.reported(self.gater.refusal(accepting: address), .inbound, peer: nil, address: address)
    }

    /// Throws where the peer is not to be dialled.
    func checkDial(of peer: PeerID) throws(DialError) {
        let refusal = self.reported(self.gater.refusal(dialling: peer), .outbound, peer: peer, address: nil)
        if let refusal { throw DialError(peer: peer, refusal: refusal) }
    }

    /// Why the access list, as it is now, shuts out a peer that is to be dialled at an address; nil also where that depends
    /// on what the address's name leads to. Nobody is told.
    package func accessRefusal(dialling peer: PeerID, at address: Multiaddr) -> AccessRefusal? {
        if let refusal = self.gater.refusal(dialling: peer) { return refusal }
        return address.ipAddress == nil ? nil : self.gater.refusal(dialling: address, of: peer)
    }

    /// Throws where the address, which has no names, is not to be dialled.
    func checkDial(of address: Multiaddr, peer: PeerID?) throws(AccessRefusal) {
        let refusal = self.gater.refusal(dialling: address, of: peer)
        if let refusal = self.reported(refusal, .outbound, peer: peer, address: address) { throw refusal }
    }

    /// Ends the connections that the access list no longer lets be.
    func endRefusedConnections() {
        for connection in self.connections
        where self.refusal(of: connection.remotePeer, at: connection.remoteAddress, connection.direction) != nil {
            connection.beginClose(gracePeriod: nil)
        }
    }

    private func reported(
        _ refusal: AccessRefusal?, _ direction: Direction, peer: PeerID?, address: Multiaddr?
    ) -> AccessRefusal? {
        guard let refusal else { return nil }
        let refused = RefusedConnection(direction: direction, peer: peer, address: address, refusal: refusal)
        SwarmMetrics.refused(refused)
        self.report(.refusedConnection(refused))
        return refusal
    }
}
