import Bytes
import Synchronization

/// How much memory the windows of all connections of a node may hold beyond what streams begin with.
///
/// A window is a promise to take as much: however many peers look like long, fast paths, the node does not promise more than
/// this. Loops share it.
package final class WindowBudget: Sendable {
    private let limit: Int
    private let used = Atomic<Int>(0)

    package init(limit: Int) { self.limit = limit }

    /// Takes `count` bytes of the budget; false where they are more than half of what is left, so that something is left
    /// for whoever comes later.
    func take(_ count: Int) -> Bool {
        let before = self.used.wrappingAdd(count, ordering: .relaxed).oldValue
        guard Defence.nodeWindows.holds(count <= (self.limit - before) / 2) else {
            self.give(count)
            return false
        }
        return true
    }

    /// Gives back what was taken.
    func give(_ count: Int) { self.used.wrappingSubtract(count, ordering: .relaxed) }
}
