import Bytes
import Multiformats
import PeerIdentity
import Transport

/// What this node says of itself from one change to the next.
struct IdentifySnapshot: Sendable {
    /// What peers hear of; where it is the same, they have nothing to be told.
    struct Content: Hashable, Sendable {
        let protocols: [String]
        let addresses: [Multiaddr]
    }

    let content: Content
    /// Grows from snapshot to snapshot of one service; the service sets it.
    var number: UInt64 = 0
    private let forSameMachine: IdentifyAnnouncement
    private let forNetworks: IdentifyAnnouncement
    private let forProxied: IdentifyAnnouncement

    init(
        _ content: Content, identity: PrivateKey, configuration: IdentifyConfiguration, sequence: RecordSequence
    ) {
        self.content = content
        func announcement(_ addresses: [Multiaddr]) -> IdentifyAnnouncement {
            IdentifyAnnouncement(
                publicKey: identity.publicKey, protocolVersion: configuration.protocolVersion,
                agentVersion: configuration.agentVersion, protocols: content.protocols, addresses: addresses
            ) { addresses in
                guard configuration.sendsSignedRecord, !addresses.isEmpty else { return nil }
                let record = PeerRecord(peerID: identity.peerID, sequence: sequence.next(), addresses: addresses)
                return try? record.seal(with: identity).bytes
            }
        }
        let beyondThis = content.addresses.filter { AddressReach($0) != .loopback }
        let global = beyondThis.filter { AddressReach($0) == .global }
        self.forSameMachine = announcement(content.addresses)
        self.forNetworks = announcement(beyondThis)
        // A signature less where there is nothing to leave out.
        self.forProxied = global == beyondThis ? self.forNetworks : announcement(global)
    }

    /// The messages for the peer of `connection`. Loopback addresses are told to nobody who could not use them, as by
    /// go-libp2p, and those of the local networks to nobody behind a proxy.
    func bytes(for connection: Connection) -> Bytes {
        let announcement =
            switch connection.route {
            case .memory: self.forSameMachine
            case .proxied: self.forProxied
            case .direct: connection.isOfSameMachine ? self.forSameMachine : self.forNetworks
            }
        return announcement.bytes(observedAddress: connection.remoteAddress.withoutPeerID)
    }
}

extension Connection {
    fileprivate var isOfSameMachine: Bool {
        [self.localAddress, self.remoteAddress].contains { $0.ipAddress?.unmapped.isLoopback == true }
    }
}
