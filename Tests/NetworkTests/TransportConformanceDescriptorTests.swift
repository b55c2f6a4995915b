import EventLoop
import Foundation
import Multiformats
import Testing
import Transport

/// Descriptors are counted in a process of their own, where no other test opens and closes any.
@Suite(.timeLimit(.minutes(2))) struct TransportConformanceDescriptorTests {
    @Test(arguments: TransportSubject.allCases)
    func `dropped links and failed dials leave no descriptor open`(_ subject: TransportSubject) async throws {
        try subject.requireAvailable()
        await #expect(processExitsWith: .success) { [subject = subject as TransportSubject] in
            try await TransportFixture.with(subject) { fixture in
                // What the process opens once, it opens in the first round.
                try await Self.round(fixture)
                let before = try Self.openSockets()
                for _ in 0..<20 { try await Self.round(fixture) }
                #expect(try Self.openSockets() == before)
            }
        }
    }

    private static func round(_ fixture: TransportFixture) async throws {
        let listener = try await fixture.listen()
        _ = try await fixture.connect(to: listener)
        _ = try await fixture.error { try await fixture.listen(on: listener.address) }
        let dropped = try await fixture.dial(listener.address)
        _ = dropped.takeDescriptor().map { Socket(descriptor: $0).close() }
        _ = await fixture.accepted.next()
        await listener.close()
        _ = try await fixture.error { try await fixture.dial(listener.address) }
        if fixture.subject != .memory { try await Self.roundInTheDark(fixture) }
        // A loop may still hold the last link of the job that handed it over.
        for loop in fixture.loops.loops { await loop.perform {} }
    }

    private static func roundInTheDark(_ fixture: TransportFixture) async throws {
        let blackHole = try BlackHole(fixture.subject)
        defer { blackHole.close() }
        _ = try await fixture.error { try await fixture.dial(blackHole.address, timeout: .milliseconds(5)) }
        let loop = fixture.loops.next()
        await withThrowingTaskGroup(of: RawLink.self) { group in
            group.addTask(executorPreference: loop.taskExecutor) {
                try await fixture.dial(blackHole.address, timeout: .seconds(600))
            }
            for _ in 0..<3 { await loop.perform {} }
            group.cancelAll()
            await #expect(throws: CancellationError.self) { _ = try await group.next() }
        }
    }

    /// Sockets alone: the system's libraries open a file now and then, for a moment, on threads of their own.
    private static func openSockets() throws -> Int {
        let directory = "/proc/self/fd"
        return try FileManager.default.contentsOfDirectory(atPath: directory).count { descriptor in
            let target = try? FileManager.default.destinationOfSymbolicLink(atPath: "\(directory)/\(descriptor)")
            return target?.hasPrefix("socket:") == true
        }
    }
}
