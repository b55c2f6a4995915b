import Bytes
import Testing

struct InstantTests {
    @Test func `instants and durations add and subtract`() {
        let instant = Instant.zero + .seconds(2) + .milliseconds(-500)
        #expect(instant.nanoseconds == 1_500_000_000)
        #expect(instant - Instant(nanoseconds: 500_000_000) == .seconds(1))
        #expect(Instant.zero - instant == .milliseconds(-1_500))
        #expect(Instant.zero < instant)
        #expect(instant < .distantFuture)
    }

    @Test(
        arguments: [
            (0, .seconds(Int64.max), .max), (0, .seconds(Int64.min), .min), (.max, .nanoseconds(1), .max),
            (.min, .nanoseconds(-1), .min), (.max, .nanoseconds(-1), .max - 1), (.max, .seconds(Int64.max), .max),
            (.min, .seconds(Int64.max), -1), (.max, .seconds(Int64.min), -1), (.min, .seconds(Int64.min), .min),
            (1, .nanoseconds(Int64.max), .max), (-1, .nanoseconds(Int64.min), .min),
        ] as [(Int64, Duration, Int64)])
    func `a sum that 64 bits do not hold is the largest or smallest instant`(start: Int64, step: Duration, end: Int64) {
        #expect((Instant(nanoseconds: start) + step).nanoseconds == end)
    }

    @Test(
        arguments: [
            (.max, -1, .max), (.min, 1, .min), (.max, .min, .max), (.min, .max, .min), (0, .min, .max),
            (-1, .min, .max),
            (.max, .max, 0),
        ] as [(Int64, Int64, Int64)])
    func `a difference that 64 bits do not hold is the longest duration`(left: Int64, right: Int64, nanoseconds: Int64)
    {
        let difference = Instant(nanoseconds: left) - Instant(nanoseconds: right)
        #expect(difference == .nanoseconds(nanoseconds))
    }

    @Test(
        arguments: [
            (.seconds(Int64.max), .max), (.seconds(Int64.min), .min), (.nanoseconds(Int64.max), .max),
            (.nanoseconds(Int64.max) + .nanoseconds(1), .max), (.nanoseconds(Int64.min), .min),
            (.nanoseconds(Int64.min) - .nanoseconds(1), .min), (.zero, 0), (.nanoseconds(-1), -1),
            (.milliseconds(-1_500), -1_500_000_000),
            (Duration(secondsComponent: 0, attosecondsComponent: 999_999_999), 0),
            (Duration(secondsComponent: 0, attosecondsComponent: -999_999_999), 0),
        ] as [(Duration, Int64)])
    func `nanoseconds saturate and are cut towards zero`(duration: Duration, nanoseconds: Int64) {
        #expect(duration.saturatingNanoseconds == nanoseconds)
    }

    @Test func `a duration is printed in seconds`() {
        #expect(Duration.milliseconds(1_500).inSeconds == 1.5)
        #expect(Duration.milliseconds(-250).inSeconds == -0.25)
    }
}
