import Bytes
import Multiformats
import PeerIdentity

@testable import Identify

extension FuzzTarget {
    /// An answer to identify behind its length, whole and cut in two; and a message without its length.
    static let identify = FuzzTarget(name: "identify") { input in
        let whole = read([input])
        let cut = min(Int(input.first ?? 0), input.count)
        precondition(read([input[0..<cut], input[cut..<input.count]]) == whole, "a cut changes nothing")
        var message = IdentifyMessage()
        guard (try? message.merge(input)) != nil else { return }
        var copy = IdentifyMessage()
        precondition((try? copy.merge(message.bytes)) != nil, "a message that was read can be written and read")
        precondition(copy.listenAddresses == message.listenAddresses && copy.protocols == message.protocols)
    } seeds: {
        var message = IdentifyMessage()
        message.publicKey = FixedKeys.signer.publicKey.protobuf
        message.listenAddresses = [try Multiaddr("/ip4/127.0.0.1/tcp/4001")]
        message.protocols = ["/ipfs/id/1.0.0", "/ipfs/ping/1.0.0"]
        message.observedAddress = try Multiaddr("/ip4/192.0.2.1/tcp/50000")
        message.protocolVersion = "ipfs/0.1.0"
        message.agentVersion = "go-libp2p/0.51.0"
        var writer = BytesWriter()
        writer.writeLengthPrefixed(message.bytes)
        let once = writer.finish()
        return [message.bytes, once, Bytes(Array(once) + Array(once))]
    }

    private static func read(_ parts: [Bytes]) -> Result<IdentifyMessage?, IdentifyError> {
        var reader = IdentifyMessageReader()
        for part in parts {
            do {
                try part.withUnsafeBytes { part throws(IdentifyError) in try reader.receive(part) }
            } catch {
                return .failure(error)
            }
        }
        return .success(reader.isComplete ? reader.message : nil)
    }
}
