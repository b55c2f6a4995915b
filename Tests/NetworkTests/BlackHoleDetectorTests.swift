import Bytes
import TestSupport
import Testing

@testable import Swarm

/// When attempts over a family of addresses are held back.
@Suite struct BlackHoleDetectorTests {
    private func detector(answers: Int, of attempts: Int) -> BlackHoleDetector {
        var detector = BlackHoleDetector()
        for index in 0..<attempts {
            let isAdmitted = detector.admits(now: .zero)
            #expect(isAdmitted)
            detector.ended(isAnswered: index < answers)
        }
        return detector
    }

    @Test func `nothing is decided before a hundred attempts`() {
        #expect(self.detector(answers: 0, of: 99).state == .probing)
        #expect(self.detector(answers: 0, of: 100).state == .blocked)
    }

    @Test func `five answers of a hundred are enough`() {
        #expect(self.detector(answers: 4, of: 100).state == .blocked)
        #expect(self.detector(answers: 5, of: 100).state == .open)
    }

    @Test func `of attempts that are held back, each hundredth is made`() {
        var detector = self.detector(answers: 0, of: 100)
        let admitted = (0..<1_000).filter { _ in detector.admits(now: .zero) }
        #expect(admitted == (1...10).map { $0 * 100 - 1 })
    }

    @Test func `one attempt is made after five minutes without any`() {
        var detector = self.detector(answers: 0, of: 100)
        let later = Instant.zero + BlackHoleDetector.probeInterval
        let admitted = [.zero + .seconds(299), later, later].map { detector.admits(now: $0) }
        #expect(admitted == [false, true, false])
    }

    @Test func `an answer to a probe ends it, and a failed probe does not`() {
        var detector = self.detector(answers: 0, of: 100)
        detector.ended(isAnswered: false)
        #expect(detector.state == .blocked)
        detector.ended(isAnswered: true)
        #expect(detector.state == .probing)
        let isAdmitted = detector.admits(now: .zero)
        #expect(isAdmitted)
    }

    @Test(arguments: 0..<10 as Range<UInt64>)
    func `it decides by the last hundred alone`(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        var detector = BlackHoleDetector()
        var model: [Bool] = []
        let rate = Int.random(in: 1...12, using: &random)
        for _ in 0..<600 {
            let isAnswered = Int.random(in: 0..<100, using: &random) < rate
            let wasBlocked = detector.state == .blocked
            detector.ended(isAnswered: isAnswered)
            model = wasBlocked && isAnswered ? [] : (model + [isAnswered]).suffix(100)
            #expect(detector.answers == model.filter { $0 }.count)
            #expect(detector.state == (model.count < 100 ? .probing : detector.answers >= 5 ? .open : .blocked))
        }
    }
}
