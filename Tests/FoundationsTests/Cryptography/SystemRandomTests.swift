import Bytes
import Cryptography
import Testing

struct SystemRandomTests {
    @Test func `no two draws are alike`() {
        let draws = (0..<64).map { _ in SystemRandom.bytes(32) }
        #expect(Set(draws).count == draws.count)
        var random = SystemRandom()
        #expect(random.next() != random.next())
    }

    @Test(arguments: [0, 1, 7, 8, 9, 33])
    func `as many bytes come as were asked for`(count: Int) {
        #expect(SystemRandom.bytes(count).count == count)
        var generator: some RandomNumberGenerator = CountingGenerator()
        #expect(generator.bytes(count).count == count)
    }

    @Test func `a generator's words are written little-endian`() {
        var generator: some RandomNumberGenerator = CountingGenerator()
        #expect(generator.bytes(18).hex == "010000000000000002000000000000000300")
    }
}

/// 1, 2, 3 …
private struct CountingGenerator: RandomNumberGenerator {
    private var count: UInt64 = 0

    mutating func next() -> UInt64 {
        self.count += 1
        return self.count
    }
}
