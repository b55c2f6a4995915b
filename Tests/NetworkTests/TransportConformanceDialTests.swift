import Bytes
import EventLoop
import Multiformats
import Testing
import Transport

/// How every transport's dials fail.
@Suite(.timeLimit(.minutes(1))) struct TransportConformanceDialTests {
    @Test(arguments: TransportSubject.allCases)
    func `a dial to where nobody listens is refused`(_ subject: TransportSubject) async throws {
        try await TransportFixture.with(subject) { fixture in
            let listener = try await fixture.listen()
            await listener.close()
            let error = try await fixture.error { try await fixture.dial(listener.address) }
            #expect(error.code == .refused)
            let place =
                switch subject {
                case .memory: "\(listener.address): nobody listens there"
                case .tcpOverIPv4: "127.0.0.1:\(try #require(listener.address.tcpPort)): connection refused"
                case .tcpOverIPv6: "[::1]:\(try #require(listener.address.tcpPort)): connection refused"
                }
            #expect(error.reason == "connect to \(place)")
        }
    }

    @Test(arguments: TransportSubject.allCases)
    func `an address of another kind is not dialled`(_ subject: TransportSubject) async throws {
        try await TransportFixture.with(subject) { fixture in
            for text in subject.foreignAddresses {
                let address = try Multiaddr(text)
                // An unknown zone has the right form: only the attempt shows it.
                #expect(fixture.dialling.canDial(address) == text.hasPrefix("/ip6zone"), "\(address)")
                let error = try await fixture.error { try await fixture.dial(address) }
                #expect(error.code == .unsupportedAddress)
                #expect(error.reason.contains(text), "\(error)")
            }
        }
    }

    @Test(arguments: TransportSubject.allCases)
    func `a dial that gets no answer ends at its timeout`(_ subject: TransportSubject) async throws {
        try await TransportFixture.with(subject) { fixture in
            let blackHole = try BlackHole(subject)
            defer { blackHole.close() }
            let start = EventLoop.monotonicNow()
            let error = try await fixture.error {
                try await fixture.dial(blackHole.address, timeout: .milliseconds(200))
            }
            #expect(error.code == .timedOut)
            #expect(error.reason == "connect to \(blackHole.place): no answer within 0.2 seconds")
            #expect(EventLoop.monotonicNow() - start >= .milliseconds(200))
        }
    }

    @Test(arguments: TransportSubject.allCases)
    func `a dial that is cancelled while it waits ends at once`(_ subject: TransportSubject) async throws {
        try await TransportFixture.with(subject, loopCount: 1) { fixture in
            let blackHole = try BlackHole(subject)
            defer { blackHole.close() }
            let loop = fixture.loops.next()
            await withThrowingTaskGroup(of: RawLink.self) { group in
                // On the loop itself, so that the attempt has begun after one job for the task and one for the attempt.
                group.addTask(executorPreference: loop.taskExecutor) {
                    try await fixture.dial(blackHole.address, timeout: .seconds(600))
                }
                for _ in 0..<3 { await loop.perform {} }
                group.cancelAll()
                // Within the suite's time limit, long before the dial's own.
                await #expect(throws: CancellationError.self) { _ = try await group.next() }
            }
        }
    }

    @Test(arguments: TransportSubject.allCases)
    func `a dial of a cancelled task does not begin`(_ subject: TransportSubject) async throws {
        try await TransportFixture.with(subject) { fixture in
            let listener = try await fixture.listen()
            await withThrowingTaskGroup(of: RawLink.self) { group in
                group.cancelAll()
                group.addTask { try await fixture.dial(listener.address) }
                await #expect(throws: CancellationError.self) { _ = try await group.next() }
            }
            await listener.close()
        }
    }
}
