import Bytes
import Transport

/// What one scope holds, and how much it may.
final class ResourceAccount: Sendable {
    let name: ScopeName
    let limits: ScopeLimits
    private let held = Locked(ResourceUse())

    init(_ name: ScopeName, _ limits: ScopeLimits) {
        self.name = name
        self.limits = limits
    }

    var use: ResourceUse { self.held.withLock { $0 } }

    /// What more than half of the allowed streams or memory is held of, with that half; nil where nothing is.
    var exceedsHalf: (resource: Resource, limit: Int)? {
        let use = self.use
        if use.memory > self.limits.memory / 2 { return (.memory(0), self.limits.memory / 2) }
        guard use.inboundStreams > self.limits.streams / 2 else { return nil }
        return (.stream(.inbound), self.limits.streams / 2)
    }

    /// Adds to what is held, or throws where that would be too much.
    func take(_ amount: ResourceUse) throws(ResourceLimitError) {
        let exceeded = self.held.withLock { held -> (resource: Resource, limit: Int)? in
            let sum = held + amount
            if let exceeded = self.limits.exceeded(by: sum, adding: amount) { return exceeded }
            held = sum
            return nil
        }
        if let exceeded {
            throw ResourceLimitError(resource: exceeded.resource, scope: self.name, limit: exceeded.limit)
        }
    }

    func give(_ amount: ResourceUse) { self.held.withLock { $0.add(amount, sign: -1) } }

    /// Charges all of the accounts, or none.
    static func charge(_ accounts: [ResourceAccount], _ amount: ResourceUse) throws(ResourceLimitError) {
        for index in accounts.indices {
            do {
                try accounts[index].take(amount)
            } catch {
                for account in accounts[..<index] { account.give(amount) }
                throw error
            }
        }
    }

    static func giveBack(_ accounts: [ResourceAccount], _ amount: ResourceUse) {
        for account in accounts { account.give(amount) }
    }
}
