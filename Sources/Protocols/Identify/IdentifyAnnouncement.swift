import Bytes
import Multiformats
import PeerIdentity

/// What this node says of itself, laid out so that every peer can read it.
///
/// Each message stays within `IdentifyLimits.ownMessageSize`. What does not fit goes in this order: the signed record
/// moves to a message of its own, which go-libp2p merges with the first and others do not look at, and is left out where
/// even that is too long; then addresses are left out, those of the smallest reach first; then the last protocols.
struct IdentifyAnnouncement: Sendable {
    /// The message without the observed address.
    private let message: Bytes
    /// A message that holds nothing but the signed record.
    private let recordMessage: Bytes?

    /// Lays out what is to be said; `seal` signs a record of the addresses that are in the message.
    init(
        publicKey: PublicKey, protocolVersion: String, agentVersion: String, protocols: [String],
        addresses: [Multiaddr], seal: ([Multiaddr]) -> Bytes?
    ) {
        var message = IdentifyMessage()
        message.publicKey = publicKey.protobuf
        message.protocolVersion = protocolVersion.cut(to: IdentifyLimits.versionSize)
        message.agentVersion = agentVersion.cut(to: IdentifyLimits.versionSize)
        var room = Self.messageRoom - IdentifyLimits.observedAddressSize - message.bytes.count
        message.protocols = Self.fitting(protocols, room: room - IdentifyLimits.addressReserve) { $0.utf8.count }
        room -= message.protocols.reduce(0) { $0 + Self.fieldSize($1.utf8.count) }
        message.listenAddresses = Self.fitting(addresses, room: room)
        room -= message.listenAddresses.reduce(0) { $0 + Self.fieldSize($1.bytes.count) }
        var recordMessage: IdentifyMessage?
        if let record = seal(message.listenAddresses) {
            if Self.fieldSize(record.count) <= room {
                message.signedRecord = record
            } else if Self.fieldSize(record.count) <= Self.messageRoom {
                recordMessage = IdentifyMessage()
                recordMessage?.signedRecord = record
            }
        }
        self.message = message.bytes
        self.recordMessage = recordMessage?.bytes
    }

    /// The messages with their lengths, for a peer that is seen at `observedAddress`.
    func bytes(observedAddress: Multiaddr?) -> Bytes {
        var observed = IdentifyMessage()
        observed.observedAddress = observedAddress
        let field = observed.bytes.count <= IdentifyLimits.observedAddressSize ? observed.bytes : Bytes()
        var writer = BytesWriter(reserving: self.message.count + field.count + (self.recordMessage?.count ?? 0) + 4)
        // Fields may stand in any order: the message is not encoded anew for each peer.
        writer.writeVarint(UInt64(self.message.count + field.count))
        writer.write(self.message)
        writer.write(field)
        if let recordMessage { writer.writeLengthPrefixed(recordMessage) }
        return writer.finish()
    }

    // MARK: Sizes

    /// Bytes of a message, without its length.
    private static let messageRoom =
        IdentifyLimits.ownMessageSize - Varint.length(UInt64(IdentifyLimits.ownMessageSize))

    /// What a field takes whose value has `count` bytes; the field numbers in use take one byte.
    private static func fieldSize(_ count: Int) -> Int { 1 + Varint.length(UInt64(count)) + count }

    private static func fitting<Value>(_ values: [Value], room: Int, size: (Value) -> Int) -> [Value] {
        var rest = room
        return Array(
            values.prefix { value in
                rest -= self.fieldSize(size(value))
                return rest >= 0
            })
    }

    /// The addresses in their order where there is room for all, otherwise those of the largest reach.
    private static func fitting(_ addresses: [Multiaddr], room: Int) -> [Multiaddr] {
        let all = self.fitting(addresses, room: room) { $0.bytes.count }
        guard all.count < addresses.count else { return addresses }
        let byReach = addresses.enumerated().sorted { left, right in
            let reaches = (AddressReach(left.element), AddressReach(right.element))
            return reaches.0 == reaches.1 ? left.offset < right.offset : reaches.0 > reaches.1
        }
        return self.fitting(byReach.map(\.element), room: room) { $0.bytes.count }
    }
}

extension String {
    /// The text without so many of its last characters that it has at most `limit` bytes.
    fileprivate func cut(to limit: Int) -> String {
        var text = self
        while text.utf8.count > limit { text.removeLast() }
        return text
    }
}
