import Bytes
import PeerIdentity
import Transport

/// The account of one connection in a node's `ResourceManager`.
final class ConnectionResources: ConnectionScope {
    private let manager: ResourceManager
    private let own: ResourceAccount
    /// What is given back to its network when the connection ends.
    private let network: NetworkLimiter.Place?
    private let state: Locked<State>

    private struct State {
        /// All accounts that are charged, the connection's own first.
        var accounts: [ResourceAccount]
        var peer: PeerID?
        /// Where its handshake is entered, until the connection stands.
        var halfOpen: HalfOpenConnections.Place?
        var isClosed = false
    }

    init(
        _ direction: Direction, network: NetworkLimiter.Place?, of manager: ResourceManager
    ) throws(ResourceLimitError) {
        self.manager = manager
        self.network = network
        self.own = ResourceAccount(.connection, manager.limits.connection)
        let accounts = [self.own, manager.transient, manager.system]
        try ResourceAccount.charge(accounts, ResourceUse(.connection(direction)) + ResourceUse(.fileDescriptor))
        self.state = Locked(State(accounts: accounts))
    }

    func setPeer(_ peer: PeerID) throws(ResourceLimitError) {
        let account = self.manager.peers.enter(peer)
        let use = self.own.use
        do {
            try ResourceAccount.charge([account], use)
        } catch {
            self.manager.peers.leave(peer)
            throw self.manager.noted(error)
        }
        self.state.withLock {
            $0.accounts = [self.own, account, self.manager.system]
            $0.peer = peer
        }
        self.manager.transient.give(use)
    }

    func mayEnd(_ end: @escaping @Sendable () -> Void) {
        let connections = self.manager.halfOpenConnections
        if let endOther = connections.takeExcess() {
            _ = self.manager.noted(
                ResourceLimitError(
                    resource: .connection(.inbound), scope: .transient, limit: connections.places))
            endOther()
        }
        let place = connections.enter(end)
        self.state.withLock { $0.halfOpen = place }
    }

    func progressed(to stage: ConnectionStage) {
        switch stage {
        case .answered:
            guard let place = self.state.withLock({ $0.halfOpen.take() }) else { return }
            let spoken = self.manager.halfOpenConnections.spoke(place)
            self.state.withLock { $0.halfOpen = spoken }
        case .established: self.leaveHalfOpen()
        }
    }

    private func leaveHalfOpen() {
        if let place = self.state.withLock({ $0.halfOpen.take() }) { self.manager.halfOpenConnections.leave(place) }
    }

    func charge(_ amount: ResourceUse) throws(ResourceLimitError) {
        try ResourceAccount.charge(self.accounts, amount)
    }

    func giveBack(_ amount: ResourceUse) { ResourceAccount.giveBack(self.accounts, amount) }

    private var accounts: [ResourceAccount] { self.state.withLock { $0.accounts } }

    var heldMemory: Int { self.own.use.memory }

    func reserveMemory(_ count: Int) throws(ResourceLimitError) {
        guard count > 0 else { return }
        do {
            try self.charge(ResourceUse(.memory(count)))
        } catch {
            throw self.manager.noted(error)
        }
    }

    func releaseMemory(_ count: Int) {
        if count > 0 { self.giveBack(ResourceUse(.memory(count))) }
    }

    func streamScope(_ direction: Direction, memory: Int) throws(ResourceLimitError) -> any StreamScope {
        do {
            return try StreamResources(direction, memory: memory, of: self, self.manager)
        } catch {
            throw self.manager.noted(error)
        }
    }

    func close() {
        let ended = self.state.withLock { state -> (accounts: [ResourceAccount], peer: PeerID?)? in
            guard !state.isClosed else { return nil }
            state.isClosed = true
            return (state.accounts, state.peer)
        }
        guard let ended else { return }
        self.leaveHalfOpen()
        ResourceAccount.giveBack(ended.accounts, self.own.use)
        if let peer = ended.peer { self.manager.peers.leave(peer) }
        if let network { self.manager.networks.leave(network) }
    }
}
