import TestSupport
import Testing

@testable import ConnectionUpgrade

/// What the kernel did not take goes out later, all of it, once and in order.
struct UnsentOutputTests {
    @Test(arguments: UInt64(1)...20)
    func `whatever the kernel takes each time, the bytes come out in order`(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        var spares = SpareBuffers()
        var unsent = UnsentOutput()
        var (written, taken): ([UInt8], [UInt8]) = ([], [])
        for round in 0..<400 {
            // An empty batch stands for a socket that became writable with nothing new to send.
            let isLast = round == 399
            let batch = isLast ? [] : Array(random.bytes(Int.random(in: 0...3, using: &random) * 97))
            written += batch
            let offered = unsent.withUnsafeBytes { Array($0) } + batch
            let choices = [0, offered.count, unsent.count, Int.random(in: 0...offered.count, using: &random)]
            let sent = isLast ? offered.count : choices.randomElement(using: &random) ?? 0
            taken += offered.prefix(sent)
            batch.withUnsafeBytes { unsent.keep($0, sent: sent, spares: &spares) }
            #expect(unsent.count == offered.count - sent)
            #expect(unsent.withUnsafeBytes { Array($0) } == Array(offered.dropFirst(sent)))
        }
        #expect(taken == written)
        #expect(unsent.isEmpty)
        #expect(unsent.capacity == 0, "what holds nothing has no memory")
    }

    @Test func `a kernel that takes a byte at a time does not make it grow`() {
        var spares = SpareBuffers()
        var unsent = UnsentOutput()
        let batch = [UInt8](repeating: 7, count: 1_000)
        batch.withUnsafeBytes { unsent.keep($0, sent: 0, spares: &spares) }
        for _ in 0..<100_000 { [UInt8(7)].withUnsafeBytes { unsent.keep($0, sent: 1, spares: &spares) } }
        #expect(unsent.count == 1_000)
        #expect(unsent.capacity < 4_000)
    }
}
