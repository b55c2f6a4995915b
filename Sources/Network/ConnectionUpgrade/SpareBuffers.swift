import Bytes
import Noise

/// Buffers of a loop that no connection uses at the moment: a busy connection takes one many times a second, and an idle
/// one has none. They are few, so they are charged to nobody while they are spare, like the loop's other buffers.
struct SpareBuffers {
    /// More than this many of a kind are given back to the system.
    private static let keptBuffers = 4
    /// An array that grew larger than this is given back.
    private static let largestArray = 64 * 1024

    private var messages: [ByteStorage] = []
    private var arrays: [[UInt8]] = []

    /// Room for a whole message with its length.
    static let messageCapacity = NoiseLimits.lengthSize + NoiseLimits.maximumMessageSize

    mutating func takeMessage() -> ByteStorage {
        self.messages.popLast() ?? ByteStorage(capacity: Self.messageCapacity)
    }

    mutating func giveBack(_ message: ByteStorage) {
        if self.messages.count < Self.keptBuffers { self.messages.append(message) }
    }

    /// An empty array, with room where there is one to spare.
    mutating func takeArray() -> [UInt8] {
        self.arrays.popLast() ?? []
    }

    mutating func giveBack(_ array: consuming [UInt8]) {
        guard self.arrays.count < Self.keptBuffers, array.capacity <= Self.largestArray, array.capacity > 0 else {
            return
        }
        array.removeAll(keepingCapacity: true)
        self.arrays.append(array)
    }
}
