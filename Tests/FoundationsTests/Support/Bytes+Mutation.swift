import Bytes

extension Bytes {
    /// These bytes, of which there must be some, with one bit changed.
    func flippingBit(using generator: inout some RandomNumberGenerator) -> Bytes {
        var bytes = Array(self)
        let bit = Int.random(in: 0..<bytes.count * 8, using: &generator)
        bytes[bit / 8] ^= 1 << UInt8(bit % 8)
        return Bytes(bytes)
    }

    /// These bytes with others in the place of some.
    func replacing(_ range: Range<Int>, with replacement: some Collection<UInt8>) -> Bytes {
        Bytes(Array(self[0..<range.lowerBound]) + replacement + Array(self[range.upperBound..<self.count]))
    }

    /// These bytes after a few changes such as a fuzzer makes: bits, bytes, cuts, insertions and repeated pieces.
    func mutated(using generator: inout some RandomNumberGenerator) -> Bytes {
        var bytes = Array(self)
        for _ in 0..<Int.random(in: 1...4, using: &generator) {
            let position = Int.random(in: 0...bytes.count, using: &generator)
            let length = Int.random(in: 0...Swift.min(8, bytes.count - position), using: &generator)
            switch Int.random(in: 0..<5, using: &generator) {
            case 0 where position < bytes.count: bytes[position] ^= 1 << UInt8.random(in: 0..<8, using: &generator)
            case 1 where position < bytes.count: bytes[position] = UInt8.random(in: 0...255, using: &generator)
            case 2: bytes.removeSubrange(position..<position + length)
            case 3: bytes.insert(contentsOf: bytes[position..<position + length], at: position)
            default: bytes.insert(UInt8.random(in: 0...255, using: &generator), at: position)
            }
        }
        return Bytes(bytes)
    }
}
