import Synchronization

/// How much memory the windows of all connections of a node may hold beyond what streams begin with.
///
/// A window is a promise to take as much: however many peers look like long, fast paths, the node does not promise more than
/// this. Loops share it.
package final class WindowBudget: Sendable {
    private let limit: Int
    private let used = Atomic<Int>(0)

    package init(limit: Int) { self.limit = limit }

    /// Takes `count` bytes of the budget; false where there are not as many.
    func take(_ count: Int) -> Bool {
        let total = self.used.wrappingAdd(count, ordering: .relaxed).newValue
        if total > self.limit { self.give(count) }
        return total <= self.limit
    }

    /// Gives back what was taken.
    func give(_ count: Int) { self.used.wrappingSubtract(count, ordering: .relaxed) }
}
