/// A first-in, first-out queue of a table's slots, each at most once, from which any can be taken out at once.
///
/// It never holds more than the table has slots, whatever a peer does while nothing can be sent.
struct SlotQueue {
    private struct Neighbours {
        var before: Int32
        var behind: Int32
    }

    /// Where a neighbour would stand at either end of the queue.
    private static let end: Int32 = -1
    private static let outside = Neighbours(before: -2, behind: -2)

    private var neighbours: [Neighbours] = []
    private var head = Self.end
    private var tail = Self.end

    var isEmpty: Bool { self.head == Self.end }

    /// How many slots it has room for.
    var capacity: Int { self.neighbours.count }

    var first: Int? { self.isEmpty ? nil : Int(self.head) }

    func contains(_ slot: Int) -> Bool {
        self.neighbours.indices.contains(slot) && self.neighbours[slot].before != Self.outside.before
    }

    /// Puts the slot at the end, unless it stands in the queue already.
    mutating func append(_ slot: Int) {
        guard !self.contains(slot) else { return }
        while self.neighbours.count <= slot { self.neighbours.append(Self.outside) }
        let added = Int32(truncatingIfNeeded: slot)
        self.neighbours[slot] = Neighbours(before: self.tail, behind: Self.end)
        if self.isEmpty { self.head = added } else { self.neighbours[Int(self.tail)].behind = added }
        self.tail = added
    }

    mutating func remove(_ slot: Int) {
        guard self.contains(slot) else { return }
        let (before, behind) = (self.neighbours[slot].before, self.neighbours[slot].behind)
        if before == Self.end { self.head = behind } else { self.neighbours[Int(before)].behind = behind }
        if behind == Self.end { self.tail = before } else { self.neighbours[Int(behind)].before = before }
        self.neighbours[slot] = Self.outside
    }

    mutating func popFirst() -> Int? {
        guard let slot = self.first else { return nil }
        self.remove(slot)
        return slot
    }
}
