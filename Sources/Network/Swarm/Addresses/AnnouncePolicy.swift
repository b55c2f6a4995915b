public import Multiformats

/// Which addresses a node tells peers of, besides or instead of those that it finds itself; kubo's `Announce`,
/// `AppendAnnounce` and `NoAnnounce` are the model.
public struct AnnouncePolicy: Hashable, Sendable {
    /// Addresses that are told too: ones that lead here, such as that of a router that forwards a port. The node's own `/p2p`
    /// at their ends is not told.
    public var added: [Multiaddr] = []
    /// Whether only the added ones are told.
    public var addedOnly = false
    /// Networks whose addresses are never told, added ones included.
    public var excluded: [IPNetwork] = []

    /// A policy that tells of all that is found, and of nothing else.
    public init() {}

    /// The addresses to tell of, where these were found; none twice.
    public func addresses(found: [Multiaddr]) -> [Multiaddr] {
        var seen: Set<Multiaddr> = []
        let all = (self.addedOnly ? [] : found) + self.added.compactMap(\.withoutPeerID)
        return all.filter { address in
            let isExcluded = address.ipAddress.map { ip in self.excluded.contains { $0.contains(ip) } } ?? false
            return !isExcluded && seen.insert(address).inserted
        }
    }
}
