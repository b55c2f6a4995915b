// A node that answers a protocol: it sends back what it gets.
//
//     ChatNode [MULTIADDR [KEY FILE]]
import Apus

let arguments = CommandLine.arguments.dropFirst()
let listen = arguments.first ?? "/ip4/0.0.0.0/tcp/4001"
// The key is made where there is none, so that the node has the same PeerID the next time.
let keyFile = arguments.dropFirst().first ?? "peer.key"

let node = try await Node(.init(identity: .file(keyFile), listen: [listen]))
node.handle("/chat/1.0.0") { stream in
    for try await chunk in stream { try await stream.write(chunk) }
    // Returning ends this side's half: the peer sees the end of the answer. Throwing would reset the stream.
}
// `run` would start the node by itself; doing it before tells where it listens.
try await node.start()
for address in node.addresses { print("listening on \(address)") }
try await node.run()
