import Apus
import Bytes
import Cryptography
import EventLoop
import PeerIdentity

/// One kind of harm, done again and again by each worker until its time is over.
enum Flood: String, CaseIterable {
    case connections
    case streams
    case reset
    case garbage
    case slow
    case identify
    case windows
    case pings
    case updates
    case goaway
    case halfopen

    /// Connections that one worker keeps at most, where the kind is about many.
    private static let keptLinks = 500

    /// Does it once; `links` are what the worker keeps open between.
    func strike(_ target: SocketAddress, _ identity: PrivateKey, keeping links: inout [HostileLink]) throws {
        switch self {
        case .connections:
            // As many peers as connections: each account is small, and the node's is not.
            try self.keep(HostileLink(target), in: &links) { try $0.secure(PrivateKey.generate(.ed25519)) }
        case .slow:
            try self.keep(HostileLink(target), in: &links) { $0.send([UInt8](HostileLink.header.prefix(3))) }
        case .garbage:
            let link = try HostileLink(target)
            link.send(Array(SystemRandom.bytes(65_536)))
        default:
            let link = try HostileLink(target)
            try link.secure(identity)
            while try self.strike(link) {}
        }
    }

    private func keep(
        _ link: HostileLink, in links: inout [HostileLink], _ begin: (HostileLink) throws -> Void
    ) throws {
        links.removeAll { !$0.drain() }
        if links.count >= Self.keptLinks { links.removeFirst(Self.keptLinks / 10) }
        try begin(link)
        links.append(link)
    }

    /// Does harm on a connection that stands; false where the connection is of no use any more.
    private func strike(_ link: HostileLink) throws -> Bool {
        guard Deadline.isAhead else { return false }
        switch self {
        case .streams:
            // Streams that are in order, and stay: first as many as fit, then others that are refused.
            let frames = (0..<2_000 as Range<UInt32>).flatMap { Frames.begin(2 * $0 + 1, "/ipfs/id/1.0.0") }
            guard try link.sendFrames(frames) else { return false }
            return try self.hold(
                link, Frames.begin(9_001, "/ipfs/ping/1.0.0") + Frames.window(9_001, flags: Frames.reset))
        case .reset:
            return try link.sendFrames(
                (0..<2_000 as Range<UInt32>).flatMap { number in
                    Frames.begin(2 * number + 1, "/ipfs/ping/1.0.0")
                        + Frames.window(2 * number + 1, flags: Frames.reset)
                })
        case .identify:
            // A message of 8 KiB is full of protocols of three bytes, an answer has ten of them and goes on.
            let message = (0..<1_600).flatMap { _ in [0x1a, 3, 0x2f, 0x61, 0x62] as [UInt8] }
            let answer = HostileLink.header + HostileLink.message("/ipfs/id/1.0.0")
            let messages = (0..<12).flatMap { _ in Varint.encode(UInt64(message.count)) + message }
            guard try link.sendFrames(Frames.data(2, flags: Frames.acknowledge, answer + messages)) else {
                return false
            }
            let push = (0..<20 as Range<UInt32>).flatMap { number in
                Frames.begin(2 * number + 1, "/ipfs/id/push/1.0.0") + Frames.data(2 * number + 1, messages)
                    + Frames.window(2 * number + 1, flags: Frames.finish)
            }
            guard try link.sendFrames(push) else { return false }
            return try self.hold(link, Frames.window(1_001, flags: Frames.synchronize | Frames.reset))
        case .windows:
            let frames = Frames.begin(1, "/ipfs/ping/1.0.0") + Frames.data(1, [UInt8](repeating: 1, count: 300_000))
            return try link.sendFrames(frames)
        case .pings:
            return try link.sendFrames((0..<2_000 as Range<UInt32>).flatMap { Frames.ping($0) })
        case .updates:
            let updates = (0..<2_000).flatMap { _ in Frames.window(1, 1) }
            return try link.sendFrames(
                Frames.begin(1, "/ipfs/ping/1.0.0") + updates + Frames.window(1, flags: Frames.reset))
        case .goaway:
            return try link.sendFrames((0..<2_000).flatMap { _ in Frames.goAway() })
        case .halfopen:
            // One half of each has ended, and nothing comes on the other; no protocol is named.
            let frames = (0..<250 as Range<UInt32>).flatMap { Frames.window(2 * $0 + 1, flags: Frames.synchronize) }
            guard try link.sendFrames(frames) else { return false }
            return try self.hold(link, Frames.ping(1))
        case .connections, .slow, .garbage: return false
        }
    }

    /// Keeps what was built up for a second, with a little life now and then.
    private func hold(_ link: HostileLink, _ life: [UInt8]) throws -> Bool {
        for _ in 0..<10 where Deadline.isAhead {
            Deadline.pause(milliseconds: 100)
            guard try link.sendFrames(life) else { return false }
        }
        return false
    }
}
