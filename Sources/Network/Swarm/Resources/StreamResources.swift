import Bytes
import Transport

/// The account of one stream in a node's `ResourceManager`.
final class StreamResources: StreamScope {
    private let manager: ResourceManager
    private let connection: ConnectionResources
    private let state: Locked<State>

    private struct State {
        var use: ResourceUse
        /// The account of the protocol, or that of streams without one.
        var speaks: ResourceAccount
        var protocolID: String?
        var isClosed = false
    }

    init(
        _ direction: Direction, memory: Int, of connection: ConnectionResources, _ manager: ResourceManager
    ) throws(ResourceLimitError) {
        self.manager = manager
        self.connection = connection
        self.state = Locked(State(use: ResourceUse(), speaks: manager.transient))
        try self.charge(ResourceUse(.stream(direction)) + ResourceUse(.memory(memory)))
    }

    private func charge(_ amount: ResourceUse) throws(ResourceLimitError) {
        let (use, speaks) = self.state.withLock { ($0.use + amount, $0.speaks) }
        if let exceeded = self.manager.limits.stream.exceeded(by: use, adding: amount) {
            throw ResourceLimitError(resource: exceeded.resource, scope: .stream, limit: exceeded.limit)
        }
        try speaks.take(amount)
        do {
            try self.connection.charge(amount)
        } catch {
            speaks.give(amount)
            throw error
        }
        self.state.withLock { $0.use = use }
    }

    func setProtocol(_ name: String) throws(ResourceLimitError) {
        guard let use = self.state.withLock({ $0.protocolID == nil && !$0.isClosed ? $0.use : nil }) else { return }
        let account = self.manager.protocols.enter(name)
        do {
            try account.take(use)
        } catch {
            self.manager.protocols.leave(name)
            throw self.manager.noted(error)
        }
        self.state.withLock {
            $0.speaks = account
            $0.protocolID = name
        }
        self.manager.transient.give(use)
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
        let speaks = self.state.withLock { state in
            state.use.add(amount, sign: -1)
            return state.speaks
        }
        speaks.give(amount)
        self.connection.giveBack(amount)
    }

    func close() {
        let ended = self.state.withLock { state -> State? in
            guard !state.isClosed else { return nil }
            state.isClosed = true
            return state
        }
        guard let ended else { return }
        ended.speaks.give(ended.use)
        self.connection.giveBack(ended.use)
        if let name = ended.protocolID { self.manager.protocols.leave(name) }
    }
}
