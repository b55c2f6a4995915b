import Apus
import Bytes
import EventLoop
import Foundation
import Synchronization

/// When all workers stop.
enum Deadline {
    private static let nanoseconds = Atomic<Int64>(0)

    static func set(seconds: Int) {
        let end = EventLoop.monotonicNow() + .seconds(seconds)
        self.nanoseconds.store(end.nanoseconds, ordering: .relaxed)
    }

    static var isAhead: Bool {
        EventLoop.monotonicNow().nanoseconds < self.nanoseconds.load(ordering: .relaxed)
    }

    static func pause(milliseconds: UInt32) { usleep(milliseconds * 1_000) }
}
