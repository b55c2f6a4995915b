// Keys, PeerIDs and addresses, without a network: the product ApusFoundations alone.
import Bytes
import Multiformats
import PeerIdentity

let key = try PrivateKey.generate(.ed25519)
let again = try PrivateKey(protobuf: key.protobuf)
print("the key file's form leads back to the same peer: \(again.peerID == key.peerID)")

let message = Bytes(utf8: "a message")
let signature = try key.sign(message)
print("signed by the peer: \(key.publicKey.verify(signature: signature, of: message))")

let peer = try PeerID("16Uiu2HAmEWQnHq2jLKJypwVnVoQeFCULuyop6atvq2eWjYSUjzNi")
print("peer \(peer) has a \(peer.publicKey?.type.description ?? "?") key, and is \(peer.cidText) as a CID")

let address = try Multiaddr("/dns4/example.org/tcp/4001").appending(peer)
print("\(address) takes \(address.bytes.count) bytes and names \(address.peerID == peer ? "the peer" : "nobody")")

do {
    _ = try Multiaddr("/ip4/192.0.2.300/tcp/4001")
} catch {
    print("error: \(error)")
}
