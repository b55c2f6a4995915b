import Bytes
import ConnectionUpgrade
import EventLoop
public import Multiformats
public import PeerIdentity
public import Transport

extension Swarm {
    /// Notes where a peer may be found, for `connect(to:timeout:)`; a peer's newest 64 addresses are kept, in memory, as far
    /// as they fit 8 KiB.
    ///
    /// Addresses that name another peer are passed over. A dial of the peer that is under way tries the new ones too.
    public func addAddresses(_ addresses: [Multiaddr], of peer: PeerID) {
        let addresses = addresses.compactMap { $0.place(of: peer) }
        self.addressBook.add(addresses, of: peer)
        self.pendingDials.add(addresses, of: peer)
    }

    /// The addresses at which a peer was said to be, newest first, without its `/p2p`.
    public func addresses(of peer: PeerID) -> [Multiaddr] { self.addressBook.addresses(of: peer) }

    /// A connection to the peer: one that stands, or a new one over the addresses that are known.
    ///
    /// Callers that want the same peer at the same time share one dial, and one of them may give up before the others do:
    /// after `timeout`, or when its task is cancelled; the dial ends with the last of them. Without a `timeout`,
    /// `SwarmConfiguration` bounds the time. Throws `DialError`, and `CancellationError` where the task was cancelled.
    public func connect(to peer: PeerID, timeout: Duration? = nil) async throws -> Connection {
        guard peer != self.localPeer else { throw DialError(peer: peer, reason: "that is this node itself") }
        if let connection = self.usableConnection(to: peer) { return connection }
        try Task.checkCancellation()
        return try await self.joinDial(of: peer)
            .connection(within: timeout ?? self.configuration.connectTimeout, on: self.loops.next())
    }

    /// A connection to the peer that `address` names behind `/p2p`, at that address among others.
    ///
    /// Throws `DialError`, also where the address names no peer, and `CancellationError`.
    public func connect(to address: Multiaddr, timeout: Duration? = nil) async throws -> Connection {
        try await self.connect(to: try self.note(address), timeout: timeout)
    }

    /// A new connection to whoever answers at `address`.
    ///
    /// The handshake proves who that is, but nobody said who it should be: only tests and benchmarks do without a name.
    /// Throws `DialError`, and `CancellationError` where the task was cancelled.
    public func connect(toWhoeverIsAt address: Multiaddr) async throws -> Connection {
        let dial = Dial(peer: nil, self.configuration, transports: self.transports)
        dial.add([address])
        let time = self.configuration.connectTimeout
        let deadline = LoopDeadline(on: self.loops.next(), at: EventLoop.monotonicNow() + time) {
            dial.finish(.failure(dial.timeout(after: time)))
        }
        defer { deadline.cancel() }
        await self.run(dial)
        guard let outcome = dial.outcome else { throw CancellationError() }
        return try outcome.get()
    }

    /// A connection on which streams can be opened: not one that is being closed, by us or by the peer.
    func usableConnection(to peer: PeerID) -> Connection? {
        self.table.connections(to: peer).first { $0.takesStreams }
    }

    /// The peer that `address` names, which is noted for it.
    func note(_ address: Multiaddr) throws(DialError) -> PeerID {
        guard let peer = address.peerID else {
            throw DialError(peer: nil, reason: "\(address) names no peer; add /p2p/ and the peer's ID")
        }
        self.addAddresses([address], of: peer)
        return peer
    }

    // MARK: One dial

    /// A place at the dial of the peer, which the first to come begins.
    private func joinDial(of peer: PeerID) -> Dial.Waiter {
        let (waiter, isNew) = self.pendingDials.join(peer) {
            Dial(peer: peer, self.configuration, transports: self.transports)
        }
        guard isNew else { return waiter }
        let dial = waiter.dial
        // What is noted from now on comes to the dial by itself.
        dial.add(self.addressBook.addresses(of: peer))
        let task = self.tasks.add {
            // Another dial may have ended between the look at the table and the start of this one.
            if let connection = self.usableConnection(to: peer) {
                dial.finish(.success(connection))
            } else {
                await self.run(dial)
                // Those who wait were not cancelled: the node was.
                dial.finish(.failure(DialError(peer: peer, reason: "this node is closing")))
            }
            self.pendingDials.remove(dial)
        }
        if task == nil {
            dial.finish(.failure(DialError(peer: peer, reason: "this node is closing")))
            self.pendingDials.remove(dial)
        }
        return waiter
    }

    /// Does what the dial says until it is decided or the task is cancelled; what is still under way then is given up.
    private func run(_ dial: Dial) async {
        dial.begin()
        await withDiscardingTaskGroup { group in
            for await _ in dial.changes {
                while let step = dial.nextStep() { group.addTask { await self.take(step, of: dial) } }
            }
            group.cancelAll()
        }
    }

    private func take(_ step: DialRace.Step, of dial: Dial) async {
        do {
            switch step {
            case .connect(let address): try await self.attempt(address, of: dial)
            case .resolve(let address):
                let resolved = try await self.resolver.resolve(address.named(dial.peer)) { dial.found($0) }
                dial.resolved(address, failures: resolved.failures)
            }
        } catch {
            // An attempt that was given up is no failure of its address.
            if !Task.isCancelled { dial.failed(step, error) }
        }
    }

    private func attempt(_ address: Multiaddr, of dial: Dial) async throws {
        guard let transport = self.transports.first(where: { $0.canDial(address) }), let upgrader = self.upgrader
        else { throw TransportError(.unsupportedAddress, "no transport of this node can dial it") }
        let connection = try await upgrader.connect(to: dial.peer) {
            try await transport.dial(address, on: self.loops.next(), timeout: self.configuration.dialTimeout)
        }
        // On the connection's loop, so that its end cannot be told before its beginning.
        switch await connection.loop.perform({ dial.offer(connection) { self.register($0) } }) {
        case .won: break
        case .late: connection.beginClose(gracePeriod: .seconds(1))
        case .ended: throw TransportError(.failed, "the connection ended as soon as it stood")
        }
    }
}
