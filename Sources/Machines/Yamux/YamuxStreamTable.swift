/// The session's streams in slots that are used again, found by their number or their slot.
struct YamuxStreamTable {
    /// A slot whose stream has number 0 is free.
    private var slots: [YamuxStream] = []
    private var freeSlots: [Int] = []
    private var slotOfNumber: [UInt32: Int] = [:]
    /// The stream that was looked up last: bulk data comes in runs.
    private var recent = YamuxStreamID(number: 0, slot: -1)

    var count: Int { self.slotOfNumber.count }

    mutating func insert(_ stream: YamuxStream) -> YamuxStreamID {
        let slot: Int
        if let free = self.freeSlots.popLast() {
            slot = free
            self.slots[slot] = stream
        } else {
            slot = self.slots.count
            self.slots.append(stream)
        }
        self.slotOfNumber[stream.number] = slot
        return YamuxStreamID(number: stream.number, slot: slot)
    }

    mutating func remove(_ id: YamuxStreamID) {
        guard self.contains(id) else { return }
        self.slots[id.slot] = .free
        self.freeSlots.append(id.slot)
        self.slotOfNumber[id.number] = nil
        self.recent = YamuxStreamID(number: 0, slot: -1)
    }

    mutating func find(_ number: UInt32) -> YamuxStreamID? {
        if number == self.recent.number, number != 0 { return self.recent }
        guard let slot = self.slotOfNumber[number] else { return nil }
        self.recent = YamuxStreamID(number: number, slot: slot)
        return self.recent
    }

    func contains(_ id: YamuxStreamID) -> Bool {
        self.slots.indices.contains(id.slot) && self.slots[id.slot].number == id.number && id.number != 0
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
        self.slots.indices.filter { self.slots[$0].number != 0 }
            .map { YamuxStreamID(number: self.slots[$0].number, slot: $0) }
    }
}
