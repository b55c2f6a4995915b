/// The session's streams in slots that are used again, found by their number or their slot.
struct YamuxStreamTable {
    /// How many slots an idle session keeps.
    private static let keptSlots = 64

    /// A slot whose stream has number 0 is free.
    private var slots: [YamuxStream] = []
    private var freeSlots: [Int] = []
    private var slotOfNumber: [UInt32: Int] = [:]
    /// The stream that was looked up last: bulk data comes in runs.
    private var recent: YamuxStreamID?
    private var generation: UInt32 = 0

    var count: Int { self.slotOfNumber.count }

    /// How many slots there are, free or not.
    var capacity: Int { self.slots.count }

    mutating func insert(_ new: YamuxStream) -> YamuxStreamID {
        self.generation &+= 1
        var stream = new
        stream.generation = self.generation
        let slot: Int
        if let free = self.freeSlots.popLast() {
            slot = free
            self.slots[slot] = stream
        } else {
            slot = self.slots.count
            self.slots.append(stream)
        }
        self.slotOfNumber[stream.number] = slot
        return YamuxStreamID(number: stream.number, slot: slot, generation: stream.generation)
    }

    mutating func remove(_ id: YamuxStreamID) {
        guard self.contains(id) else { return }
        self.slots[id.slot] = .free
        self.freeSlots.append(id.slot)
        self.slotOfNumber[id.number] = nil
        self.recent = nil
    }

    mutating func find(_ number: UInt32) -> YamuxStreamID? {
        if let recent = self.recent, recent.number == number { return recent }
        guard let slot = self.slotOfNumber[number] else { return nil }
        self.recent = self.id(inSlot: slot)
        return self.recent
    }

    /// The stream in a slot, or nil where the slot is free.
    func id(inSlot slot: Int) -> YamuxStreamID? {
        guard self.slots.indices.contains(slot), self.slots[slot].number != 0 else { return nil }
        return YamuxStreamID(number: self.slots[slot].number, slot: slot, generation: self.slots[slot].generation)
    }

    /// Gives the slots' memory back where no stream is open and many were; says whether it did.
    mutating func releaseSlots() -> Bool {
        guard self.count == 0, self.slots.count > Self.keptSlots else { return false }
        self.slots = []
        self.freeSlots = []
        self.slotOfNumber = [:]
        return true
    }

    func contains(_ id: YamuxStreamID) -> Bool {
        self.slots.indices.contains(id.slot) && self.slots[id.slot].generation == id.generation
            && self.slots[id.slot].number == id.number
    }

    /// The stream, which the caller knows to be in the table.
    subscript(id: YamuxStreamID) -> YamuxStream {
        _read {
            precondition(self.contains(id), "the stream is not in the table")
            yield self.slots[id.slot]
        }
        _modify {
            precondition(self.contains(id), "the stream is not in the table")
            yield &self.slots[id.slot]
        }
    }

    /// The open streams, oldest slot first.
    var all: [YamuxStreamID] {
        self.slots.indices.compactMap { self.id(inSlot: $0) }
    }
}
