import Bytes
import TestSupport
import Testing

struct BytesTests {
    @Test func `a slice shares the memory and counts from 0`() {
        let bytes = Bytes(0..<100)
        let slice = bytes[10..<20]
        #expect(slice.count == 10)
        #expect(slice.indices == 0..<10)
        #expect(slice[0] == 10)
        #expect(slice[5...].first == 15)
        #expect(slice[2..<4] == [12, 13])
        #expect(slice.retainedCapacity == 100)
        bytes.withUnsafeBytes { whole in
            slice.withUnsafeBytes { part in
                #expect(part.baseAddress == whole.baseAddress.map { $0 + 10 })
            }
        }
    }

    @Test func `a compacted slice has memory of its own`() {
        let bytes = Bytes(0..<100)
        let slice = bytes[10..<20].compacted()
        #expect(slice == bytes[10..<20])
        #expect(slice.retainedCapacity == 10)
        #expect(bytes[10..<10].compacted().retainedCapacity == 0)
        bytes.compacted().withUnsafeBytes { compacted in
            bytes.withUnsafeBytes { #expect(compacted.baseAddress == $0.baseAddress) }
        }
    }

    @Test func `values with the same bytes are equal and hash alike, wherever they lie`() {
        var generator = SeededGenerator(seed: 12)
        for count in 0..<80 {
            let content = Array(generator.bytes(count))
            let left = Bytes(content)
            for offset in 0..<9 {
                let padded = Bytes(Array(repeating: 0xee, count: offset) + content + [0xdd])
                let right = padded[offset..<(offset + count)]
                #expect(left == right)
                #expect(left.hashValue == right.hashValue)
            }
            for index in 0..<count {
                var changed = content
                changed[index] ^= 0x10
                #expect(left != Bytes(changed))
            }
            #expect(left != Bytes(content + [0]))
        }
    }

    @Test func `moving bytes from one value to the next changes the hash of both together`() {
        #expect([Bytes(utf8: "a"), Bytes(utf8: "bc")].hashValue != [Bytes(utf8: "ab"), Bytes(utf8: "c")].hashValue)
        struct Pair: Hashable {
            let first: Bytes
            let second: Bytes
        }
        let pairs = (0...8).map { Pair(first: Bytes(0..<8)[0..<$0], second: Bytes(0..<8)[$0..<8]) }
        #expect(Set(pairs.map(\.hashValue)).count == 9)
    }

    @Test func `no bytes are equal however they came to be`() {
        let empties = [Bytes(), [], Bytes([UInt8]()), Bytes(1...3)[1..<1], Bytes(utf8: "")]
        for empty in empties {
            #expect(empty == Bytes())
            #expect(empty.hashValue == Bytes().hashValue)
            #expect(empty.isEmpty)
            #expect(empty.utf8Text == "")
            #expect(empty.withUnsafeBytes { $0.count } == 0)
        }
    }

    @Test func `the algorithms of collections agree with those of an array`() {
        var generator = SeededGenerator(seed: 13)
        for _ in 0..<500 {
            let array = (0..<Int.random(in: 0...20, using: &generator)).map { _ in
                UInt8.random(in: 0...3, using: &generator)
            }
            let bytes = Bytes([9] + array + [9])[1..<(array.count + 1)]
            let cut = Int.random(in: 0...array.count, using: &generator)
            #expect(Array(bytes) == array)
            #expect(Array(bytes.dropFirst(cut)) == Array(array.dropFirst(cut)))
            #expect(Array(bytes.dropLast(cut)) == Array(array.dropLast(cut)))
            #expect(Array(bytes.prefix(cut)) == Array(array.prefix(cut)))
            #expect(Array(bytes.suffix(cut)) == Array(array.suffix(cut)))
            #expect(Array(bytes.drop { $0 == 0 }) == Array(array.drop { $0 == 0 }))
            #expect(Array(bytes.reversed()) == array.reversed())
            #expect(bytes.firstIndex(of: 2) == array.firstIndex(of: 2))
            #expect(bytes.lastIndex(of: 2) == array.lastIndex(of: 2))
            #expect(bytes.split(separator: 1).map(Array.init) == array.split(separator: 1).map(Array.init))
            #expect(bytes.firstRange(of: [1, 2]) == array.firstRange(of: [1, 2]))
            #expect(bytes.ranges(of: [1, 2]) == array.ranges(of: [1, 2]))
        }
    }

    @Test func `a fill that writes less makes fewer bytes, and one that throws makes none`() {
        let bytes = Bytes(unsafeUninitializedCapacity: 10) { memory in
            memory.storeBytes(of: 7, as: UInt8.self)
            return 1
        }
        #expect(bytes == [7])
        #expect(Bytes(unsafeUninitializedCapacity: 0) { _ in 0 } == [])
        #expect(throws: BytesError.truncated) {
            try Bytes(unsafeUninitializedCapacity: 10) { _ throws(BytesError) in throw .truncated }
        }
    }

    @Test func `a storage is unique again when its slices are gone`() {
        var storage = ByteStorage(capacity: 8)
        storage.unsafeMutableBytes.copyBytes(from: 1...8)
        var bytes: Bytes? = Bytes(sharing: storage, offset: 2, count: 3)
        #expect(bytes == [3, 4, 5])
        var slice = bytes.map { $0[1..<2] }
        bytes = nil
        #expect(!isKnownUniquelyReferenced(&storage))
        #expect(slice == [4])
        slice = nil
        #expect(isKnownUniquelyReferenced(&storage))
    }

    @Test(arguments: [("", []), ("00ff10", [0, 255, 16]), ("AbCd", [0xab, 0xcd])] as [(String, Bytes)])
    func `hexadecimal digits are read and printed`(hex: String, bytes: Bytes) {
        #expect(Bytes(hex: hex) == bytes)
        #expect(bytes.hex == hex.lowercased())
        #expect(hexadecimal(Array(bytes)) == hex.lowercased())
    }

    @Test(arguments: ["0", "0g", "g0", "0x00", " 00", "00 ", "+1", "é", "０0"])
    func `what is no pair of hexadecimal digits is refused`(hex: String) {
        #expect(Bytes(hex: hex) == nil)
    }

    @Test func `a description shows the first bytes and the count`() {
        #expect(Bytes(0..<32).description == Bytes(0..<32).hex)
        #expect(Bytes(0..<33).description == Bytes(0..<32).hex + "… (33 bytes)")
    }

    @Test func `bytes that are no UTF-8 have no text`() {
        #expect(Bytes(utf8: "Mauersegler 🐦").utf8Text == "Mauersegler 🐦")
        #expect(([0xff] as Bytes).utf8Text == nil)
        #expect(([0xc3] as Bytes).utf8Text == nil)
        #expect(([0xed, 0xa0, 0x80] as Bytes).utf8Text == nil)
        #expect(([0x61, 0x00] as Bytes).utf8Text == "a\0")
    }
}
