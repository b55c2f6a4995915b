// Opens streams to a peer: by its address, and by its PeerID alone.
//
//     ChatClient MULTIADDR [TEXT]
import Apus
import Foundation

/// What the peer sends until it ends its half. Foundation has a `Stream` too, so the type is named with its module.
func answer(on stream: Apus.Stream) async throws -> String {
    let answer = try await stream.readToEnd(limit: 1 << 20, timeout: .seconds(10))
    return String(decoding: Data(answer), as: UTF8.self)
}

let protocols = ["/chat/1.1.0", "/chat/1.0.0"]  // the first that the peer supports is taken

do {
    guard CommandLine.arguments.count >= 2 else {
        print("usage: ChatClient MULTIADDR [TEXT]")
        exit(2)
    }
    let address = try Multiaddr(CommandLine.arguments[1])
    let text = CommandLine.arguments.dropFirst(2).first ?? "hello"

    try await withNode { node in
        // An address says where the peer is and, behind /p2p, who it must be. The timeout bounds connecting and agreeing
        // on the protocol together.
        let stream = try await node.openStream(to: address, protocols, timeout: .seconds(10))
        print("connected to \(stream.remotePeer)")
        print("agreed on \(stream.protocolID)")
        // Bytes, arrays, Data and a text's utf8 are all written the same way.
        try await stream.write(Data("\(text), ".utf8))
        try await stream.write("\(text)!".utf8, timeout: .seconds(5))
        try await stream.closeWrite()
        print("answer: \(try await answer(on: stream))")

        // The peer is known now, and connected: its PeerID is enough, and the stream costs no handshake.
        let second = try await node.openStream(to: stream.remotePeer, protocols, timeout: .seconds(10))
        try await second.writeLengthPrefixed(Bytes(utf8: text))
        let message = try await second.readLengthPrefixed(limit: 1_024, timeout: .seconds(10))
        print("by PeerID: \(message?.utf8Text ?? "nothing")")
        second.close()
    }
} catch {
    // Every error of Apus is a sentence for a person; a failed dial names each address with its own cause.
    print("error: \(error)")
    exit(1)
}
