/// A first-in, first-out queue in one array that is used as a ring.
///
/// It is public for its speed: what is `package` alone is not inlined in other modules, and cost Yamux 800 instructions a frame.
@frozen public struct RingQueue<Element> {
    @usableFromInline var elements: [Element?] = []
    @usableFromInline var head = 0
    /// How many elements wait.
    @inlinable public var count: Int { self.waiting }
    @usableFromInline var waiting = 0

    /// An empty queue.
    @inlinable public init() {}

    /// Whether none waits.
    @inlinable public var isEmpty: Bool { self.count == 0 }

    /// Puts an element behind all others.
    @inlinable public mutating func append(_ element: Element) {
        if self.count == self.elements.count { self.makeRoom() }
        self.elements[(self.head + self.count) & (self.elements.count - 1)] = element
        self.waiting += 1
    }

    /// Takes the element that waits longest; nil where none does.
    @inlinable public mutating func popFirst() -> Element? {
        guard !self.isEmpty else { return nil }
        let element = self.elements[self.head]
        self.elements[self.head] = nil
        self.head = (self.head + 1) & (self.elements.count - 1)
        self.waiting -= 1
        return element
    }

    /// Doubles the ring; its size stays a power of two, so that a mask wraps an index.
    @inlinable mutating func makeRoom() {
        var larger = [Element?](repeating: nil, count: max(self.elements.count * 2, 4))
        for index in 0..<self.count {
            larger[index] = self.elements[(self.head + index) & (self.elements.count - 1)]
        }
        self.elements = larger
        self.head = 0
    }
}

extension RingQueue: Sendable where Element: Sendable {}
