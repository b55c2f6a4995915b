import Synchronization

/// On whose behalf names are looked up, such as one dial: each has a share of a `NameResolver`, and they take turns.
public struct NameAsker: Hashable, Sendable {
    private static let lastNumber = Atomic<UInt64>(0)

    private let number: UInt64

    /// One that no other is equal to.
    public init() { self.number = Self.lastNumber.wrappingAdd(1, ordering: .relaxed).newValue }
}
