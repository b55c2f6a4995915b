import Bytes
import EventLoop
import Swarm
import Transport

extension IdentifyService {
    /// What this node says now; signed anew only where it differs from what it said last.
    func currentSnapshot() -> IdentifySnapshot {
        let (known, change, isCurrent) = self.state.withLock { state in
            (state.snapshot, state.change, state.snapshotChange == state.change)
        }
        if let known, isCurrent { return known }
        // What is asked here may have locks of its own.
        let content = IdentifySnapshot.Content(
            protocols: self.swarm.supportedProtocols,
            addresses: self.configuration.addresses?() ?? self.swarm.announcedAddresses)
        var snapshot: IdentifySnapshot
        if let known, known.content == content {
            snapshot = known
        } else {
            snapshot = IdentifySnapshot(
                content, identity: self.swarm.identity, configuration: self.configuration, sequence: self.sequence)
        }
        return self.state.withLock { state in
            // Somebody else may have been faster, with what is newer.
            if let newer = state.snapshot, state.snapshotChange >= change { return newer }
            state.snapshotChange = change
            if let same = state.snapshot, same.content == content { return same }
            snapshot.number = (state.snapshot?.number ?? 0) + 1
            state.snapshot = snapshot
            return snapshot
        }
    }

    /// Notes that protocols or addresses may have changed, and tells peers after `delay`.
    func changed(delay: Duration) {
        let isDue = self.state.withLock { state -> Bool in
            state.change += 1
            guard !state.isStopped, !(state.pushIsScheduled && delay > .zero) else { return false }
            state.pushIsScheduled = true
            return true
        }
        guard isDue else { return }
        let loop = self.swarm.loops.next()
        self.tasks.add { [weak self] in
            if delay > .zero { try? await loop.sleep(until: EventLoop.monotonicNow() + delay) }
            guard !Task.isCancelled else { return }
            await self?.pushToAll()
        }
    }

    private func pushToAll() async {
        let connections = self.state.withLock { state in
            state.pushIsScheduled = false
            return state.table.connections
        }
        await withDiscardingTaskGroup { group in
            let share = (connections.count + IdentifyLimits.concurrentPushes - 1) / IdentifyLimits.concurrentPushes
            for start in stride(from: 0, to: connections.count, by: max(share, 1)) {
                group.addTask {
                    for connection in connections[start..<min(start + share, connections.count)] {
                        await self.push(to: connection)
                    }
                }
            }
        }
    }

    /// Tells the peer what has changed while it was being identified.
    func pushIfBehind(_ connection: Connection) async {
        let snapshot = self.currentSnapshot()
        if self.state.withLock({ $0.table.isBehind(connection, snapshot.number) }) { await self.push(to: connection) }
    }

    /// Tells the connection's peer what it was not told yet, one push after the other, where it wants to hear of changes.
    private func push(to connection: Connection) async {
        while connection.supports(anyOf: [Self.pushProtocolID]) != nil, !Task.isCancelled {
            let snapshot = self.currentSnapshot()
            guard self.state.withLock({ $0.table.beginPush(connection, snapshot.number) }) else { return }
            var isSent = true
            do {
                try await connection.openStream([Self.pushProtocolID], timeout: self.configuration.timeout) { stream in
                    IdentifySender(stream, snapshot.bytes(for: connection))
                }
            } catch {
                isSent = false
            }
            self.state.withLock { state in
                state.table.endPush(connection)
                if isSent { state.table.told(connection, snapshot.number) }
            }
            guard isSent else { return }
        }
    }
}
