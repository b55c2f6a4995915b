import Bytes
import EventLoop
import PeerIdentity
import Swarm
import Testing
import Transport

/// What became of an attack on the way to a connection.
enum AttackOutcome: Hashable {
    case connected
    case failed(String)

    /// Whether it failed for a reason that `text` is part of.
    func failed(because text: String) -> Bool {
        if case .failed(let reason) = self { reason.contains(text) } else { false }
    }
}

extension HostileSubject {
    /// What becomes of a peer that connects and does `attack`.
    func outcome(of attack: (HostilePeer) async throws -> Void) async throws -> AttackOutcome {
        let events = self.swarm.subscribe()
        let peer = try await self.connect()
        peer.close(after: .seconds(10))
        try await attack(peer)
        for await event in events {
            switch event {
            case .connected:
                await peer.close()
                return .connected
            case .inboundFailed(_, let failure):
                await peer.close()
                return .failed("\(failure)")
            default: continue
            }
        }
        throw CancellationError()
    }

    /// Connects by the rules; what a defence does not end, the peer does in a while.
    func attacker(
        patience: Duration = .seconds(20)
    ) async throws -> (peer: HostilePeer, connection: Connection) {
        let (peer, connection) = try await self.secured()
        peer.close(after: patience)
        return (peer, connection)
    }
}

/// What a peer gets to read behind an attack, up to the answer to a ping or the end of the connection.
struct AttackAnswer: CustomStringConvertible {
    /// The headers of the frames, in their order.
    var frames: [[UInt8]] = []
    /// The ping was answered: the connection stands.
    var isAlive = false

    var description: String { "\(self.frames.count) frames, \(self.isAlive ? "alive" : "ended")" }

    /// How many streams were reset.
    var resets: Int { self.frames.count { $0[1] <= 1 && $0[3] & 8 != 0 } }

    /// Whether the stream was reset.
    func hasReset(_ stream: UInt8) -> Bool { self.frames.contains { $0[3] & 8 != 0 && $0[7] == stream } }
}

extension HostilePeer {
    static let synchronize: UInt16 = 1
    static let finish: UInt16 = 4
    static let resetFlag: UInt16 = 8

    /// The frames of a stream that agrees on a protocol, up to its data.
    static func begin(_ stream: UInt32, _ name: String = HostileSubject.echo) -> [UInt8] {
        self.frame(1, flags: self.synchronize, stream: stream) + self.data(stream, self.header + self.message(name))
    }

    /// Sends `frames` and pings behind them, and reads what comes.
    func answer(to frames: [UInt8]) async throws -> AttackAnswer {
        // As many as fit a message each.
        var rest = frames[...]
        while !rest.isEmpty {
            try await self.sendSealed(Array(rest.prefix(60_000)))
            rest = rest.dropFirst(60_000)
        }
        var answer = AttackAnswer()
        // An answer to a ping goes out before what is said of streams: that stands in front of the second.
        for value in [0xfe, 0xff] as [UInt8] {
            try await self.sendSealed(Self.frame(2, flags: Self.synchronize, value: UInt32(value) << 8 | 0xed))
            let frames = await self.readFrames { $0[1] == 2 && $0[3] == 2 && $0[10] == value && $0[11] == 0xed }
            answer.frames += frames.read
            answer.isAlive = frames.isFound
            guard frames.isFound else { break }
        }
        return answer
    }

    /// Whether the stream is reset before the connection ends.
    func waitForReset(of stream: UInt8) async -> Bool {
        await self.readFrames { $0[1] == 1 && $0[3] & 8 != 0 && $0[7] == stream }.isFound
    }

    /// The headers of the frames that come, up to one that is wanted or to the end of the connection.
    private func readFrames(upTo isWanted: ([UInt8]) -> Bool) async -> (read: [[UInt8]], isFound: Bool) {
        var frames: [[UInt8]] = []
        var bytes: [UInt8] = []
        var position = 0
        var isFound = false
        while !isFound, let more = try? await self.readSealed() {
            bytes += more
            while position + 12 <= bytes.count {
                let header = Array(bytes[position..<position + 12])
                let payload = header[1] == 0 ? header[8...].reduce(0) { $0 << 8 | Int($1) } : 0
                guard position + 12 + payload <= bytes.count else { break }
                position += 12 + payload
                frames.append(header)
                isFound = isFound || isWanted(header)
            }
        }
        return (frames, isFound)
    }
}
