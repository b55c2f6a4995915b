import Apus

extension PeerSession {
    /// Carries out one command; returns what its answer holds besides `ok`.
    func execute(_ command: PeerCommand) async throws -> [String: JSON] {
        switch command.name {
        case "connect": return try await self.connect(command)
        case "disconnect":
            try await self.disconnect(self.peer(command))
            return [:]
        case "peers": return ["peers": JSON(Set(self.node.connections.map(\.remotePeer)).sorted())]
        case "addrs": return ["addrs": JSON(self.node.addresses)]
        case "conns": return ["conns": try self.connections(command)]
        case "identify": return try await self.identify(self.peer(command))
        case "ping": return try await self.ping(command)
        case "echo": return try await self.echo(command)
        case "request": return try await self.request(command)
        case "perf": return try await self.perf(command)
        case "reset":
            try await self.reset(command)
            return [:]
        default: throw CommandError(self.reason(toRefuse: command.name))
        }
    }

    private func reason(toRefuse name: String) -> String {
        let later = [
            "dht.": "the DHT", "sub": "GossipSub", "unsub": "GossipSub", "pub": "GossipSub", "mesh": "GossipSub",
            "reserve": "circuit relay", "autonat": "reachability", "shard.": "the data plane", "doc.": "the data plane",
        ]
        for (known, what) in later where known.hasSuffix(".") ? name.hasPrefix(known) : name == known {
            return "\(name): this peer does not have \(what) yet"
        }
        return "unknown command \"\(name)\""
    }

    /// The peer that the command names.
    func peer(_ command: PeerCommand) throws -> PeerID {
        guard let text = command.peer else { throw CommandError("\"peer\" is missing") }
        return try self.peer(text)
    }

    func peer(_ text: String) throws -> PeerID {
        do {
            return try PeerID(text)
        } catch {
            throw CommandError("bad peer \"\(text)\": \(error)")
        }
    }

    /// A number of the command within `range`: what a command begins at once or keeps must fit into memory.
    func amount(
        _ value: Int?, default standard: Int, in range: ClosedRange<Int>, _ name: String
    ) throws -> Int {
        guard let value else { return standard }
        guard range.contains(value) else {
            throw CommandError(
                "\"\(name)\" is \(value): expected a number from \(range.lowerBound) to \(range.upperBound)")
        }
        return value
    }
}
