import Bytes
import ConnectionUpgrade
import EventLoop
public import Multiformats
public import PeerIdentity
public import Transport

extension Swarm {
    /// Notes where a peer may be found, for `connect(to:timeout:)`; a peer's newest 64 addresses are kept, in
    /// memory, as far as they fit 8 KiB.
    public func addAddresses(_ addresses: [Multiaddr], of peer: PeerID) {
        self.addressBook.add(addresses.compactMap(\.withoutPeerID), of: peer)
    }

    /// The addresses at which a peer was said to be, newest first, without its `/p2p`.
    public func addresses(of peer: PeerID) -> [Multiaddr] { self.addressBook.addresses(of: peer) }

    /// A connection to the peer: one that stands, or a new one over the addresses that are known.
    ///
    /// Callers that want the same peer at the same time share one dial, and one of them may give up before the others do:
    /// after `timeout`, or when its task is cancelled; the dial ends with the last of them. Without a `timeout`,
    /// `SwarmConfiguration` bounds each address. Throws `DialError`, and `CancellationError` where the task was cancelled.
    public func connect(to peer: PeerID, timeout: Duration? = nil) async throws -> Connection {
        guard peer != self.localPeer else { throw DialError(peer: peer, reason: "that is this node itself") }
        if let connection = self.usableConnection(to: peer) { return connection }
        guard let timeout else { return try await self.joinDial(of: peer) }
        do {
            return try await self.loops.next().withDeadline(EventLoop.monotonicNow() + timeout) {
                try await self.joinDial(of: peer)
            }
        } catch is DeadlineExceeded {
            throw DialError(peer: peer, reason: "no connection stood within \(timeout)")
        }
    }

    /// A connection on which streams can be opened: not one that is being closed, by us or by the peer.
    func usableConnection(to peer: PeerID) -> Connection? {
        self.table.connections(to: peer).first { $0.takesStreams }
    }

    /// Waits for the dial of the peer, which the first to wait begins.
    private func joinDial(of peer: PeerID) async throws -> Connection {
        try await self.pendingDials.wait(for: peer) { id in
            let task = self.tasks.add { self.pendingDials.finish(peer, id, await self.sharedDial(peer)) }
            guard let task else { return nil }
            return { [tasks] in tasks.cancel(task) }
        }
    }

    private func sharedDial(_ peer: PeerID) async -> PendingDials.Outcome {
        // Another dial may have ended between the look at the table and the start of this one.
        if let connection = self.usableConnection(to: peer) { return .success(connection) }
        do {
            return .success(try await self.dial(peer, self.addressBook.addresses(of: peer)))
        } catch is CancellationError {
            // Those who wait were not cancelled: the node was.
            return .failure(DialError(peer: peer, reason: "this node is closing"))
        } catch {
            return .failure(error)
        }
    }

    /// A connection to the peer that `address` names behind `/p2p`, at that address among others.
    ///
    /// Throws `DialError`, also where the address names no peer, and `CancellationError`.
    public func connect(to address: Multiaddr, timeout: Duration? = nil) async throws -> Connection {
        try await self.connect(to: try self.note(address), timeout: timeout)
    }

    /// The peer that `address` names, which is noted for it.
    func note(_ address: Multiaddr) throws(DialError) -> PeerID {
        guard let peer = address.peerID else {
            throw DialError(peer: nil, reason: "\(address) names no peer; add /p2p/ and the peer's ID")
        }
        self.addAddresses([address], of: peer)
        return peer
    }

    /// A new connection to whoever answers at `address`.
    ///
    /// The handshake proves who that is, but nobody said who it should be: only tests and benchmarks do without a name.
    /// Throws `DialError`, and `CancellationError` where the task was cancelled.
    public func connect(toWhoeverIsAt address: Multiaddr) async throws -> Connection {
        try await self.dial(nil, [address])
    }

    // MARK: One dial

    private func dial(_ peer: PeerID?, _ addresses: [Multiaddr]) async throws -> Connection {
        guard !addresses.isEmpty else { throw DialError(peer: peer, reason: "no address of the peer is known") }
        let (dialable, failed) = await self.resolve(addresses)
        guard !dialable.isEmpty else { throw DialError(peer: peer, attempts: failed) }
        let connection = try await self.race(peer, dialable, failedBefore: failed)
        // On the connection's loop, so that its end cannot be told before its beginning.
        guard await connection.loop.perform({ self.register(connection) }) else {
            throw DialError(peer: peer, reason: "the connection ended as soon as it stood, or the node is closing")
        }
        return connection
    }

    /// Tries the addresses, several at a time; the first connection wins and the other attempts are given up.
    private func race(
        _ peer: PeerID?, _ addresses: [Multiaddr], failedBefore: [DialError.Attempt]
    ) async throws -> Connection {
        try await withThrowingTaskGroup(of: Result<Connection, AttemptFailure>.self) { group in
            var waiting = addresses[...]
            var failed = failedBefore
            for address in waiting.prefix(self.configuration.concurrentDials) {
                group.addTask { await self.attempt(peer, address) }
            }
            waiting = waiting.dropFirst(self.configuration.concurrentDials)
            while let result = try await group.next() {
                switch result {
                case .success(let connection):
                    group.cancelAll()
                    // An attempt that succeeded at the same time is not needed.
                    while let other = try? await group.next() {
                        if case .success(let connection) = other { connection.beginClose(gracePeriod: .seconds(1)) }
                    }
                    return connection
                case .failure(let failure):
                    failed.append(failure.attempt)
                    if let next = waiting.popFirst() { group.addTask { await self.attempt(peer, next) } }
                }
            }
            try Task.checkCancellation()
            throw DialError(peer: peer, attempts: failed)
        }
    }

    private struct AttemptFailure: Error {
        let attempt: DialError.Attempt
    }

    private func attempt(_ peer: PeerID?, _ address: Multiaddr) async -> Result<Connection, AttemptFailure> {
        let start = EventLoop.monotonicNow()
        do {
            guard let transport = self.transports.first(where: { $0.canDial(address) }), let upgrader = self.upgrader
            else { throw TransportError(.unsupportedAddress, "no transport of this node can dial it") }
            let connection = try await upgrader.connect(to: peer) {
                try await transport.dial(address, on: self.loops.next(), timeout: self.configuration.dialTimeout)
            }
            return .success(connection)
        } catch {
            let duration = EventLoop.monotonicNow() - start
            return .failure(
                AttemptFailure(attempt: DialError.Attempt(address: address, error: error, duration: duration)))
        }
    }

    /// The addresses with their names resolved, and those of which nothing came.
    private func resolve(_ addresses: [Multiaddr]) async -> ([Multiaddr], [DialError.Attempt]) {
        var resolved: [Multiaddr] = []
        var failed: [DialError.Attempt] = []
        for address in addresses {
            let start = EventLoop.monotonicNow()
            do {
                let found = try await self.resolver.resolve(address)
                resolved += found.addresses.filter { !resolved.contains($0) }
                failed += found.failures.map { failure in
                    DialError.Attempt(
                        address: address, kind: .nameNotFound, cause: failure.reason,
                        duration: EventLoop.monotonicNow() - start)
                }
            } catch {
                failed.append(
                    DialError.Attempt(
                        address: address, error: error, duration: EventLoop.monotonicNow() - start))
            }
        }
        return (Array(resolved.prefix(self.configuration.dialledAddresses)), failed)
    }
}
