import Bytes
import Multiformats
import Transport

/// A node's `NetworkTable`, which all loops share.
final class NetworkLimiter: Sendable {
    /// A connection's place in its networks.
    struct Place: Sendable {
        fileprivate let networks: [IPNetwork]
    }

    private let table: Locked<NetworkTable>

    init(_ limits: NetworkLimits) { self.table = Locked(NetworkTable(limits)) }

    /// Counts an inbound connection from `address`; nil where its networks are not bounded.
    func enter(_ address: IPAddress, now: Instant) throws(ResourceLimitError) -> Place? {
        let networks = NetworkTable.networks(of: address)
        guard !networks.isEmpty else { return nil }
        let result = self.table.withLock { table -> Result<Void, ResourceLimitError> in
            do throws(ResourceLimitError) {
                return .success(try table.enter(networks, now: now))
            } catch {
                return .failure(error)
            }
        }
        try result.get()
        return Place(networks: networks)
    }

    func full(now: Instant) -> [(network: IPNetwork, connections: Int)] { self.table.withLock { $0.full(now: now) } }

    func leave(_ place: Place) { self.table.withLock { $0.leave(place.networks) } }
}
