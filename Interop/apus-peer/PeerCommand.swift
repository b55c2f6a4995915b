/// One line of standard input.
struct PeerCommand: Decodable, Sendable {
    let name: String
    let id: JSON?
    let address: String?
    let peer: String?
    let count: Int?
    let bytes: Int?
    let streams: Int?
    let up: UInt64?
    let down: UInt64?
    /// Asked for in place of the usual protocol.
    let protocolID: String?
    /// How long the command may take, in seconds.
    let timeLimit: Double?

    private enum CodingKeys: String, CodingKey {
        case name = "cmd"
        case id
        case address = "addr"
        case peer, count, bytes, streams, up, down
        case protocolID = "protocol"
        case timeLimit = "timeout_s"
    }

    /// What can be told of a line that is no command: its name and id, as far as they are there.
    init(salvagedFrom value: JSON?) {
        var fields: [String: JSON] = [:]
        if case .object(let found)? = value { fields = found }
        if case .string(let name)? = fields["cmd"] { self.name = name } else { self.name = "" }
        self.id = fields["id"]
        (self.address, self.peer, self.protocolID) = (nil, nil, nil)
        (self.count, self.bytes, self.streams) = (nil, nil, nil)
        (self.up, self.down, self.timeLimit) = (nil, nil, nil)
    }
}

/// Why a command was not done.
struct CommandError: Error, CustomStringConvertible {
    let description: String

    init(_ description: String) { self.description = description }
}
