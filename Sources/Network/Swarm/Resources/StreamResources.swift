import Bytes
import Transport

/// The account of one stream in a node's `ResourceManager`.
final class StreamResources: StreamScope {
    private let manager: ResourceManager
    private let connection: ConnectionResources
    private var use = ResourceUse()
    /// The account of the protocol, or that of the peers' streams without one; nil for one of ours that has none, so that
    /// nobody else's can keep this node from asking something.
    private var speaks: ResourceAccount?
    private var protocolID: String?
    private var isClosed = false
    /// Its place among those that speak nothing yet.
    private var halfOpen: UInt64?

    init(
        _ direction: Direction, memory: Int, of connection: ConnectionResources, _ manager: ResourceManager
    ) throws(ResourceLimitError) {
        self.manager = manager
        self.connection = connection
        self.speaks = direction == .inbound ? manager.transient : nil
        try self.charge(ResourceUse(.stream(direction)) + ResourceUse(.memory(memory)))
        if direction == .inbound { self.makeRoom() }
    }

    /// Ends the oldest of those that speak nothing where this one takes the half of their room that others may need.
    private func makeRoom() {
        guard Defence.halfOpenStreams.isOn, let exceeded = self.manager.transient.exceedsHalf else { return }
        guard let endOldest = self.manager.halfOpenStreams.takeOldest() else { return }
        _ = self.manager.noted(
            ResourceLimitError(resource: exceeded.resource, scope: .transient, limit: exceeded.limit))
        endOldest()
    }

    func mayEnd(_ end: @escaping @Sendable () -> Void) {
        guard self.protocolID == nil, !self.isClosed else { return }
        self.halfOpen = self.manager.halfOpenStreams.enter(end)
    }

    private func leaveHalfOpen() {
        if let number = self.halfOpen.take() { self.manager.halfOpenStreams.leave(number) }
    }

    private func charge(_ amount: ResourceUse) throws(ResourceLimitError) {
        let use = self.use + amount
        if let exceeded = self.manager.limits.stream.exceeded(by: use, adding: amount) {
            throw ResourceLimitError(resource: exceeded.resource, scope: .stream, limit: exceeded.limit)
        }
        try self.speaks?.take(amount)
        do {
            try self.connection.charge(amount)
        } catch {
            self.speaks?.give(amount)
            throw error
        }
        self.use = use
    }

    func setProtocol(_ name: String) throws(ResourceLimitError) {
        guard self.protocolID == nil, !self.isClosed else { return }
        self.leaveHalfOpen()
        let account = self.manager.protocols.enter(name)
        do {
            try account.take(self.use)
        } catch {
            self.manager.protocols.leave(name)
            throw self.manager.noted(error)
        }
        self.speaks?.give(self.use)
        self.speaks = account
        self.protocolID = name
    }

    func reserveMemory(_ count: Int) throws(ResourceLimitError) {
        do {
            try self.charge(ResourceUse(.memory(count)))
        } catch {
            throw self.manager.noted(error)
        }
    }

    func releaseMemory(_ count: Int) {
        let amount = ResourceUse(.memory(count))
        self.use.add(amount, sign: -1)
        self.speaks?.give(amount)
        self.connection.giveBack(amount)
    }

    func close() {
        guard !self.isClosed else { return }
        self.isClosed = true
        self.leaveHalfOpen()
        self.speaks?.give(self.use)
        self.connection.giveBack(self.use)
        if let name = self.protocolID { self.manager.protocols.leave(name) }
    }
}
