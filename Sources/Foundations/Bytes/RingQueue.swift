/// A first-in, first-out queue in one array that is used as a ring.
package struct RingQueue<Element> {
    @usableFromInline var elements: [Element?] = []
    @usableFromInline var head = 0
    /// How many elements wait.
    @usableFromInline package private(set) var count = 0

    @inlinable package init() {}

    @inlinable package var isEmpty: Bool { self.count == 0 }

    @inlinable package mutating func append(_ element: Element) {
        if self.count == self.elements.count { self.makeRoom() }
        self.elements[(self.head + self.count) & (self.elements.count - 1)] = element
        self.count += 1
    }

    @inlinable package mutating func popFirst() -> Element? {
        guard !self.isEmpty else { return nil }
        let element = self.elements[self.head]
        self.elements[self.head] = nil
        self.head = (self.head + 1) & (self.elements.count - 1)
        self.count -= 1
        return element
    }

    /// Doubles the ring; its size stays a power of two, so that a mask wraps an index.
    @usableFromInline mutating func makeRoom() {
        var larger = [Element?](repeating: nil, count: max(self.elements.count * 2, 4))
        for index in 0..<self.count {
            larger[index] = self.elements[(self.head + index) & (self.elements.count - 1)]
        }
        self.elements = larger
        self.head = 0
    }
}

extension RingQueue: Sendable where Element: Sendable {}
