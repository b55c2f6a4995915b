package import Bytes
import ConnectionUpgrade
import EventLoop
public import Multiformats
public import PeerIdentity
public import Transport

extension Swarm {
    /// Notes where a peer may be found, for `connect(to:timeout:)`, in the peer store, which keeps 64 addresses of a peer as
    /// far as they fit 8 KiB.
    ///
    /// Addresses that name another peer are passed over. A dial of the peer that is under way tries the new ones too.
    public func addAddresses(_ addresses: [Multiaddr], of peer: PeerID, as source: AddressSource = .added) {
        let addresses = addresses.compactMap { $0.place(of: peer) }
        self.peerStore.add(places: addresses, of: peer, as: source)
        self.pendingDials.add(addresses, of: peer, from: source.isHeard ? .heard : .noted)
    }

    /// Takes a verified record of a peer, with the addresses of it that are of use; one that is older than the one known is
    /// ignored.
    package func addRecord(_ record: PeerRecord, envelope: Bytes, addresses: [Multiaddr]) {
        guard self.peerStore.accept(record, envelope: envelope, addresses: addresses) else { return }
        self.pendingDials.add(addresses.compactMap { $0.place(of: record.peerID) }, of: record.peerID, from: .heard)
    }

    /// The addresses at which a peer was said to be, newest first, without its `/p2p`.
    public func addresses(of peer: PeerID) -> [Multiaddr] { self.peerStore.addresses(of: peer) }

    /// A connection to the peer: one that stands, or a new one over the addresses that are known.
    ///
    /// An address that failed lately is left alone for a while (5 s at first, 5 minutes at most), so a dial whose addresses
    /// all did fails at once and says of each how much longer; `connect(to:timeout:)` of an address tries it all the same.
    /// Callers that want the same peer at the same time share one dial, and one of them may give up before the others do:
    /// after `timeout`, or when its task is cancelled; the dial ends with the last of them. Without a `timeout`,
    /// `SwarmConfiguration` bounds the time. Throws `DialError`, and `CancellationError` where the task was cancelled.
    public func connect(to peer: PeerID, timeout: Duration? = nil) async throws -> Connection {
        guard peer != self.localPeer else { throw DialError(peer: peer, reason: "that is this node itself") }
        return try await self.connect(to: peer, at: [], timeout: timeout)
    }

    /// A connection to the peer that `address` names behind `/p2p`, at that address among others.
    ///
    /// The address itself is tried whatever is known of it: that it failed lately, that nobody answers over its network, or
    /// that it is a private one. Throws `DialError`, also where the address names no peer, and `CancellationError`.
    public func connect(to address: Multiaddr, timeout: Duration? = nil) async throws -> Connection {
        guard let peer = address.peerID else {
            throw DialError(withoutPeer: address)
        }
        guard peer != self.localPeer else { throw DialError(peer: peer, reason: "that is this node itself") }
        self.addAddresses([address], of: peer, as: .dialled)
        return try await self.connect(to: peer, at: [address], timeout: timeout)
    }

    /// `addresses` are those that the caller names itself, and that are tried whatever is known of them; they may have the
    /// peer at their ends.
    func connect(to peer: PeerID, at addresses: [Multiaddr], timeout: Duration? = nil) async throws -> Connection {
        try self.checkDial(of: peer)
        if let connection = self.usableConnection(to: peer) { return connection }
        try Task.checkCancellation()
        return try await self.joinDial(of: peer, at: addresses)
            .connection(within: timeout ?? self.configuration.connectTimeout, on: self.loops.next())
    }

    /// A new connection to whoever answers at `address`.
    ///
    /// The handshake proves who that is, but nobody said who it should be: only tests and benchmarks do without a name.
    /// Throws `DialError`, and `CancellationError` where the task was cancelled.
    public func connect(toWhoeverIsAt address: Multiaddr) async throws -> Connection {
        let dial = Dial(peer: nil, self.configuration, self.dialGate, transports: self.transports)
        dial.add([address], from: .explicit)
        let time = self.configuration.connectTimeout
        let deadline = LoopDeadline(on: self.loops.next(), at: EventLoop.monotonicNow() + time) {
            dial.finish(.failure(dial.timeout(after: time)))
        }
        defer { deadline.cancel() }
        await self.run(dial)
        guard let outcome = dial.outcome else { throw CancellationError() }
        return try outcome.get()
    }

    /// Whether a dial of the address would go through a proxy.
    package func dialsThroughProxy(_ address: Multiaddr) -> Bool {
        self.transports.first { $0.canDial(address) }?.route == .proxied
    }

    /// A connection on which streams can be opened: not one that is being closed, by us or by the peer.
    func usableConnection(to peer: PeerID) -> Connection? {
        self.table.connections(to: peer).first { $0.takesStreams }
    }

    // MARK: One dial

    /// A place at the dial of the peer, which the first to come begins.
    private func joinDial(of peer: PeerID, at addresses: [Multiaddr]) -> Dial.Waiter {
        // Before joining: a dial that is not decided then does not end without them.
        if !addresses.isEmpty { self.pendingDials.add(addresses, of: peer, from: .explicit) }
        let (waiter, isNew) = self.pendingDials.join(peer) {
            Dial(peer: peer, self.configuration, self.dialGate, transports: self.transports)
        }
        let dial = waiter.dial
        guard isNew else {
            if !addresses.isEmpty { dial.add(addresses, from: .explicit) }
            return waiter
        }
        dial.add(addresses, from: .explicit)
        // What is noted from now on comes to the dial by itself.
        let known = self.peerStore.knownAddresses(of: peer)
        dial.addKnown(known.map(\.address), heard: Set(known.filter(\.source.isHeard).map(\.address)))
        // On a loop: each step of a dial waits for one, and to change threads for it costs more than the step.
        let task = self.tasks.add(on: self.loops.next()) {
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
        let loop = self.loops.next()
        var alarm: (deadline: Instant, timer: LoopDeadline)?
        await withDiscardingTaskGroup { group in
            for await _ in dial.changes {
                while let step = dial.nextStep() { group.addTask { await self.take(step, of: dial) } }
                let deadline = dial.nextDeadline
                guard deadline != alarm?.deadline else { continue }
                alarm?.timer.cancel()
                alarm = deadline.map { ($0, LoopDeadline(on: loop, at: $0) { dial.wake() }) }
            }
            group.cancelAll()
        }
        alarm?.timer.cancel()
    }

    private func take(_ step: DialRace.Step, of dial: Dial) async {
        do {
            switch step {
            case .connect(let address):
                // The race hears of it: the connection that came first may have ended before it was entered.
                if try await !self.attempt(address, of: dial) {
                    dial.failed(step, TransportError(.failed, "another connection came first"))
                }
            case .resolve(let address):
                let resolved = try await self.resolver.resolve(address.named(dial.peer), asker: dial.asker) {
                    dial.found($0, by: address)
                }
                dial.resolved(address, failures: resolved.failures)
            }
        } catch {
            // An attempt that was given up is no failure of its address.
            if !Task.isCancelled { dial.failed(step, error) }
        }
    }

    /// Whether the connection that the address led to is the dial's outcome.
    private func attempt(_ address: Multiaddr, of dial: Dial) async throws -> Bool {
        guard let transport = self.transports.first(where: { $0.canDial(address) }), let upgrader = self.upgrader
        else { throw TransportError(.unsupportedAddress, "no transport of this node can dial it") }
        try self.checkDial(of: address, peer: dial.peer)
        return try await self.dialSlots.withSlot(at: DialSlots.Target(address), isUrgent: dial.isExplicit(address)) {
            do {
                let connection = try await upgrader.connect(to: dial.peer) {
                    try await transport.dial(
                        address, on: self.loops.next(), timeout: self.configuration.dialTimeout)
                }
                self.ended(address, of: dial, nil)
                return try await self.offer(connection, to: dial)
            } catch {
                // An attempt that was given up says nothing of its address.
                if !Task.isCancelled { self.ended(address, of: dial, error) }
                throw error
            }
        }
    }

    private func offer(_ connection: Connection, to dial: Dial) async throws -> Bool {
        // On the connection's loop, so that its end cannot be told before its beginning.
        switch await connection.loop.perform({ dial.offer(connection) { self.register($0) } }) {
        case .won: return true
        case .late:
            connection.beginClose(gracePeriod: .seconds(1))
            return false
        case .ended: throw TransportError(.failed, "the connection ended as soon as it stood")
        }
    }

    private func ended(_ address: Multiaddr, of dial: Dial, _ error: (any Error)?) {
        self.dialGate.ended(address, of: dial.peer, error, now: EventLoop.monotonicNow())
        DialMetrics.ended(error.map { DialError.Kind($0) })
    }
}
