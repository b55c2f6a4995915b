import Bytes
import PeerIdentity
import Testing

/// Published keys and key files of every type.
struct KeyVector: Decodable, Sendable, CustomTestStringConvertible {
    let type: String
    let `private`: String
    let `public`: String?
    let peerID: String

    enum CodingKeys: String, CodingKey {
        case type
        case `private`
        case `public`
        case peerID = "peer_id"
    }

    var testDescription: String { self.type }

    struct File: Decodable {
        let entries: [KeyVector]
    }

    static func load(_ file: String) throws -> [KeyVector] {
        let entries = try Vectors.load(file, as: File.self).entries
        #expect(entries.count == 4)
        return entries
    }

    var privateBytes: Bytes {
        get throws { try #require(Bytes(hex: self.private)) }
    }
}
