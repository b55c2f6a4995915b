import Bytes
import EventLoop
import Synchronization
import Testing

@Suite struct EventLoopTests {
    @Test func `jobs of one thread run in their order, on the loop`() async {
        let loop = EventLoop(index: 0)
        let order = Mutex<[Int]>([])
        for number in 0..<10_000 {
            loop.execute {
                loop.assertCurrent()
                order.withLock { $0.append(number) }
            }
        }
        await loop.stop()
        #expect(order.withLock { $0 } == Array(0..<10_000))
    }
}
