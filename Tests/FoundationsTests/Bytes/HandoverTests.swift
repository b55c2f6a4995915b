import Bytes
import Foundation
import Synchronization
import Testing

struct HandoverTests {
    private final class Letter: Sendable {
        let text: [UInt8]
        init(_ text: [UInt8]) { self.text = text }
    }

    private final class Mark: Sendable {
        let isSet = Atomic<Bool>(false)
    }

    @Test(arguments: [3, 1_000]) func `a value that is given before the task waits is there at once`(count: Int) async {
        let letter = await withHandover { handover in
            let given = Mark()
            Thread.detachNewThread {
                handover.give(Letter([UInt8](repeating: 7, count: count)))
                // Relaxed, so that the race detector learns from the handover alone what came before what.
                given.isSet.store(true, ordering: .relaxed)
            }
            while !given.isSet.load(ordering: .relaxed) { sched_yield() }
        }
        #expect(letter.text == [UInt8](repeating: 7, count: count))
    }

    @Test func `a value that is given later wakes the task`() async {
        let letter = await withHandover { handover in
            Task.detached { handover.give(Letter([1, 2, 3])) }
        }
        #expect(letter.text == [1, 2, 3])
    }
}
