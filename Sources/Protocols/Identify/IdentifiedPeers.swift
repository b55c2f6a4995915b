import Bytes
import PeerIdentity

/// What is known of peers: of all that are connected, and of those that were most recently.
struct IdentifiedPeers {
    private var infos: [PeerID: IdentifyInfo] = [:]
    /// Peers that are no longer connected, oldest first.
    private var recent: [PeerID] = []

    func info(of peer: PeerID) -> IdentifyInfo? { self.infos[peer] }

    /// Notes what a connected peer said.
    mutating func set(_ info: IdentifyInfo, of peer: PeerID) {
        self.connected(peer)
        self.infos[peer] = info
    }

    mutating func connected(_ peer: PeerID) {
        self.recent.removeAll { $0 == peer }
    }

    /// Notes that the last connection to the peer has ended.
    mutating func disconnected(_ peer: PeerID) {
        guard let info = self.infos[peer] else { return }
        self.recent.removeAll { $0 == peer }
        // Nobody is charged for it any more.
        guard info.footprint <= IdentifyLimits.recentPeerSize else {
            self.infos[peer] = nil
            return
        }
        self.recent.append(peer)
        while self.recent.count > Defence.identifyRecentPeers.limit(IdentifyLimits.recentPeers) {
            self.infos[self.recent.removeFirst()] = nil
        }
    }
}
