public import Bytes
import Cryptography
import EventLoop
public import Multiformats
public import PeerIdentity
import Transport

/// A peer that a node was told to stay connected to.
public struct PersistentPeer: Hashable, Sendable {
    /// How it stands with the peer.
    public enum State: Hashable, Sendable {
        /// A connection stands.
        case connected
        /// The peer is being dialled.
        case dialling
        /// The last dial failed for `reason`, or the connection ended; the next one is at this time of
        /// `EventLoop.monotonicNow()`.
        case waiting(until: Instant, reason: String)
    }

    /// The peer.
    public let peer: PeerID
    /// Where the peer was said to be, with its `/p2p`.
    public let addresses: [Multiaddr]
    /// How it stands now.
    public fileprivate(set) var state: State
    /// How many dials failed, or led to connections that did not last, since the last that did.
    public fileprivate(set) var failures = 0
}

/// Connects to the peers that a node was told of, protects them, and dials them again for as long as the node runs.
final class PersistentPeers: Sendable {
    static let protection = "configured"

    private let findSwarm: @Sendable () -> Swarm?
    private let tasks: TaskSet
    private let range: ClosedRange<Duration>
    private let peers = Locked<[PersistentPeer]>([])
    /// Ends the wait for the next dial of a peer.
    private let alarms = Locked<[PeerID: AsyncStream<Void>.Continuation]>([:])

    init(_ swarm: Swarm, _ tasks: TaskSet, redialling range: ClosedRange<Duration>) {
        self.findSwarm = { [weak swarm] in swarm }
        self.tasks = tasks
        self.range = range
    }

    var all: [PersistentPeer] { self.peers.withLock { $0 } }

    /// Begins to keep a peer; more addresses of one that is kept are added to it.
    func add(_ peer: PeerID, at addresses: [Multiaddr]) {
        guard let swarm = self.findSwarm() else { return }
        swarm.addAddresses(addresses, of: peer, as: .configured)
        let isNew = self.peers.withLock { peers in
            if let index = peers.firstIndex(where: { $0.peer == peer }) {
                let known = peers[index]
                peers[index] = PersistentPeer(
                    peer: peer, addresses: known.addresses + addresses.filter { !known.addresses.contains($0) },
                    state: known.state, failures: known.failures)
                return false
            }
            peers.append(PersistentPeer(peer: peer, addresses: addresses, state: .dialling))
            return true
        }
        guard isNew else { return }
        swarm.connectionManager.protect(peer, Self.protection)
        let (wakes, alarm) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))
        self.alarms.withLock { $0[peer] = alarm }
        self.tasks.add { await self.keep(peer, wakes) }
    }

    /// A connection to the peer came to stand, whoever began it: it is waited for no longer.
    func connected(_ peer: PeerID) {
        self.peers.withLock { peers in
            if let index = peers.firstIndex(where: { $0.peer == peer }) { peers[index].state = .connected }
        }
        self.alarms.withLock { $0[peer] }?.yield()
    }

    private func keep(_ peer: PeerID, _ wakes: AsyncStream<Void>) async {
        var schedule = RedialSchedule(self.range)
        while !Task.isCancelled {
            if self.isMissing(peer) { self.note(peer, .dialling, schedule) }
            let reason: String
            do {
                guard let connection = try await self.connect(to: peer) else { return }
                self.note(peer, .connected, schedule)
                let reasonOfEnd = await connection.waitUntilClosed()
                // Another connection to the peer does as well.
                if !self.isMissing(peer) { continue }
                schedule.ended(after: EventLoop.monotonicNow() - connection.openedAt)
                reason = "\(reasonOfEnd)"
            } catch let error as DialError {
                schedule.failed()
                self.findSwarm()?.report(.dialFailed(error))
                reason = "\(error)"
            } catch {
                return
            }
            var generator = SystemRandom()
            let delay = schedule.delay(using: &generator)
            let next = EventLoop.monotonicNow() + delay
            self.note(peer, .waiting(until: next, reason: reason), schedule)
            await self.wait(for: peer, until: next, wakes)
        }
    }

    /// Waits until the peer is to be dialled, or is connected without.
    private func wait(for peer: PeerID, until next: Instant, _ wakes: AsyncStream<Void>) async {
        guard let loop = self.findSwarm()?.loops.next(), let alarm = self.alarms.withLock({ $0[peer] }) else { return }
        let deadline = LoopDeadline(on: loop, at: next) { alarm.yield() }
        defer { deadline.cancel() }
        var iterator = wakes.makeAsyncIterator()
        // A wake-up may be of a connection that is gone again.
        while self.isMissing(peer), EventLoop.monotonicNow() < next, await iterator.next() != nil {}
    }

    private func isMissing(_ peer: PeerID) -> Bool { self.findSwarm()?.usableConnection(to: peer) == nil }

    private func connect(to peer: PeerID) async throws -> Connection? {
        guard let swarm = self.findSwarm() else { return nil }
        let addresses = self.peers.withLock { $0.first { $0.peer == peer }?.addresses ?? [] }
        swarm.addAddresses(addresses, of: peer, as: .configured)
        // When to dial again is decided here.
        return try await swarm.connect(to: peer, at: addresses)
    }

    private func note(_ peer: PeerID, _ state: PersistentPeer.State, _ schedule: RedialSchedule) {
        self.peers.withLock { peers in
            guard let index = peers.firstIndex(where: { $0.peer == peer }) else { return }
            peers[index].state = state
            peers[index].failures = schedule.failures
        }
    }
}
