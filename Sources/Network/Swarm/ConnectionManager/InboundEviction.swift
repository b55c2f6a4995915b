import Bytes
import Multiformats

/// Who gives way where strangers have taken all places for inbound connections, so that whoever comes is served.
///
/// The connections of a crowd would otherwise keep everybody out until they are old enough to be closed for being too many
/// (`ConnectionTrimming`). The rule follows Bitcoin's for its inbound slots (`SelectNodeToEvict`): who has stayed long stays,
/// and of the others the networks that have the most pay. So a crowd from one place only drives out itself.
enum InboundEviction {
    /// What is known of one inbound connection.
    struct Candidate {
        let id: UInt64
        /// The network that it came from; nil where it has no address of its own, as through a relay.
        let network: IPNetwork?
        let value: Int
        /// Whether it is older than the grace period.
        let isSettled: Bool

        fileprivate var settled: Int { self.isSettled ? 1 : 0 }
    }

    /// The network that counts as one place: what one customer or one rented machine's neighbours have.
    static func network(of address: IPAddress) -> IPNetwork {
        let address = address.unmapped
        return switch address {
        case .v4: IPNetwork(of: address, prefix: 24)
        case .v6: IPNetwork(of: address, prefix: 48)
        }
    }

    /// Which of the candidates, which are in the order in which they came, give way where so many are `standing`, those that
    /// may not go included, and `places` may; none where there is room.
    ///
    /// The older half stays. Of the rest those go first that are within their grace period, of these the ones that are worth
    /// least, then one of the network that has the most of them, then the one that came first: a newcomer has the time that
    /// it takes to fill the other half of the places. A sixteenth goes at once, so that each newcomer in a crowd costs little.
    static func givingWay(_ candidates: [Candidate], standing: Int, of places: Int) -> [Candidate] {
        guard standing > Defence.inboundPlaces.limit(places) else { return [] }
        let young = candidates[(candidates.count / 2)...].sorted {
            ($0.settled, $0.value, $0.id) < ($1.settled, $1.value, $1.id)
        }
        // How many its network still has when the turn comes to it.
        var left: [IPNetwork?: Int] = [:]
        for candidate in young { left[candidate.network, default: 0] += 1 }
        let crowds = young.map { candidate -> Int in
            defer { left[candidate.network]? -= 1 }
            return left[candidate.network] ?? 0
        }
        let excess = standing - places + places / 16
        return zip(young, crowds)
            .sorted { ($0.0.settled, $0.0.value, -$0.1, $0.0.id) < ($1.0.settled, $1.0.value, -$1.1, $1.0.id) }
            .prefix(excess).map(\.0)
    }
}
