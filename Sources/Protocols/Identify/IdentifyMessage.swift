import Bytes
import Multiformats

/// The protobuf `Identify` (libp2p identify, "The Identify Message"), with the signed record of go-libp2p's field 8.
///
/// Nothing in it is verified.
struct IdentifyMessage: Hashable, Sendable {
    var publicKey: Bytes?
    var listenAddresses: [Multiaddr] = []
    var protocols: [String] = []
    var observedAddress: Multiaddr?
    var protocolVersion: String?
    var agentVersion: String?
    var signedRecord: Bytes?

    /// Addresses that were looked at, those included that cannot be read.
    private var addressesSeen = 0

    init() {}

    /// Takes over the fields of another message: single values replace, lists grow, as protobuf merges. What is above the
    /// limits, and what is an address or text that cannot be read, is passed over.
    mutating func merge(_ bytes: Bytes) throws(ProtobufError) {
        var reader = ProtobufReader(bytes)
        while let field = try reader.next() {
            switch field.number {
            case 1: self.publicKey = try field.bytes()
            case 2 where Defence.identifyAddresses.holds(self.addressesSeen < IdentifyLimits.addresses):
                self.addressesSeen += 1
                let bytes = try field.bytes()
                if let address = try? Multiaddr(bytes: bytes) { self.listenAddresses.append(address) }
            case 3 where Defence.identifyProtocols.holds(self.protocols.count < IdentifyLimits.protocols):
                if let text = try field.bytes().utf8Text, !text.isEmpty { self.protocols.append(text) }
            case 4:
                let bytes = try field.bytes()
                self.observedAddress = try? Multiaddr(bytes: bytes)
            case 5: self.protocolVersion = try field.bytes().utf8Text
            case 6: self.agentVersion = try field.bytes().utf8Text
            case 8: self.signedRecord = try field.bytes()
            default: break
            }
        }
    }

    /// The protobuf.
    var bytes: Bytes {
        var writer = ProtobufWriter()
        if let publicKey { writer.write(1, bytes: publicKey) }
        for address in self.listenAddresses { writer.write(2, bytes: address.bytes) }
        for name in self.protocols { writer.write(3, string: name) }
        if let observedAddress { writer.write(4, bytes: observedAddress.bytes) }
        if let protocolVersion { writer.write(5, string: protocolVersion) }
        if let agentVersion { writer.write(6, string: agentVersion) }
        if let signedRecord { writer.write(8, bytes: signedRecord) }
        return writer.finish()
    }
}
