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
    private let forOthers: IdentifyAnnouncement

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
        self.forSameMachine = announcement(content.addresses)
        self.forOthers = announcement(content.addresses.filter { AddressReach($0) != .loopback })
    }

    /// The messages for the peer of `connection`. Loopback addresses are told to nobody who could not use them, as by
    /// go-libp2p; who is reached without an IP address or a relay runs in
    /// this process.
    func bytes(for connection: Connection) -> Bytes {
        let isSameMachine = [connection.localAddress, connection.remoteAddress].contains { address in
            address.ipAddress?.unmapped.isLoopback ?? !address.isCircuit
        }
        let announcement = isSameMachine ? self.forSameMachine : self.forOthers
        return announcement.bytes(observedAddress: connection.remoteAddress.withoutPeerID)
    }
}
