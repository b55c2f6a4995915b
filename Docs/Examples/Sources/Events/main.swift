// Follows what happens to a node while it is connected to a peer, until the peer leaves.
//
//     Events MULTIADDR
import Apus

let address = try Multiaddr(CommandLine.arguments[1])
try await withNode(.init(listen: ["/ip4/127.0.0.1/tcp/0"])) { node in
    // A subscription begins here: what happened before is not in it.
    let events = node.events
    let connection = try await node.connect(to: address, timeout: .seconds(10))
    follow: for await event in events {
        switch event {
        case .connected(let connection):
            print("connected to \(connection.remotePeer) over \(connection.security) and \(connection.muxer)")
        case .identified(let peer):
            print("\(peer) runs \(node.identify?.information(of: peer)?.agentVersion ?? "something")")
        case .observedAddress(let address, let peer):
            print("\(peer) sees this node at \(address)")
        case .disconnected(connection, let reason):
            print("disconnected: \(reason)")
            break follow
        case .refused(let peer, let limit):
            print("refused \(peer): \(limit)")
        default:
            print("\(event)")
        }
    }
}
