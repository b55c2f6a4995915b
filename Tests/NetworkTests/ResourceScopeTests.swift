import Bytes
import ConnectionUpgrade
import EventLoop
import Swarm
import Testing
import Transport

/// Everything that a connection takes is asked for, and given back.
@Suite(.timeLimit(.minutes(2))) struct ResourceScopeTests {
    private static let initialWindow = 256 * 1_024
    private static let slabSize = 64 * 1_024

    @Test func `what connections and streams hold is charged, and nothing is left when all have ended`()
        async throws
    {
        let scope = CountingScope()
        try await HostileSubject.with(scope.configuration) { subject in
            #expect(scope.memory == Self.slabSize)
            #expect(scope.descriptors == 1)
            let (peer, connection) = try await subject.secured()
            #expect(scope.connections == 1)
            #expect(scope.descriptors == 2)
            try await peer.sendSealed(HostilePeer.frame(1, flags: 1, stream: 1, value: 0))
            await scope.waitUntil { $0.memory == Self.slabSize + Self.initialWindow }
            #expect(scope.streams == 1)
            await peer.close()
            _ = await connection.waitUntilClosed()
            #expect(scope.memory == Self.slabSize)
            #expect(scope.descriptors == 1)
        }
        #expect(scope.streams == 0)
        #expect(scope.connections == 0)
        #expect(scope.descriptors == 0)
        #expect(scope.openScopes == 0)
        #expect(scope.takenDescriptors == 2)
        await scope.waitUntil { $0.memory == 0 }
    }

    @Test func `a message whose end has not come is charged to its connection`() async throws {
        let scope = CountingScope()
        try await HostileSubject.with(scope.configuration) { subject in
            let (peer, connection) = try await subject.secured()
            // An empty Noise message of 16 bytes, of which half comes.
            let message = try await peer.seal([])
            await peer.send(Array(message[..<9]))
            await scope.waitUntil { $0.memory > Self.slabSize }
            await peer.send(Array(message[9...]))
            await scope.waitUntil { $0.memory == Self.slabSize }
            #expect(connection.closeReason == nil)
            await peer.send(Array(try await peer.seal([])[..<9]))
            await scope.waitUntil { $0.memory > Self.slabSize }
            await peer.close()
            _ = await connection.waitUntilClosed()
            #expect(scope.memory == Self.slabSize)
        }
    }

    @Test func `a connection that may not hold a half-received message ends and says so`() async throws {
        let scope = CountingScope(memoryLimit: Self.slabSize + 1_000)
        try await HostileSubject.with(scope.configuration) { subject in
            let (peer, connection) = try await subject.secured()
            await peer.send(Array(try await peer.seal([])[..<9]))
            guard case .limitReached(let limit) = await connection.waitUntilClosed() else {
                Issue.record("\(String(describing: connection.closeReason))")
                return
            }
            #expect(limit.scope == CountingScope.name)
            await peer.close()
        }
    }

    @Test func `a connection for whose data no slab is allowed ends and says so`() async throws {
        // One stream's window, and two slabs where three are needed.
        let scope = CountingScope(memoryLimit: 2 * Self.slabSize + Self.initialWindow)
        try await HostileSubject.with(scope.configuration) { subject in
            let began = PendingResult<Void>()
            subject.swarm.handle("/slow") { stream in
                began.finish(.success(()))
                // Reads nothing, and so keeps all that came.
                _ = await stream.connection.waitUntilClosed()
            }
            let (peer, connection) = try await subject.secured()
            try await peer.sendSealed(
                HostilePeer.frame(1, flags: 1, stream: 1, value: 0)
                    + HostilePeer.data(1, HostilePeer.message("/multistream/1.0.0") + HostilePeer.message("/slow")))
            try await began.wait()
            for _ in 0..<4 {
                try await peer.sendSealed(HostilePeer.data(1, Array(repeating: 7, count: 60_000)))
            }
            guard case .limitReached = await connection.waitUntilClosed() else {
                Issue.record("\(String(describing: connection.closeReason))")
                return
            }
            await peer.close()
        }
    }

    @Test func `slabs of a burst are given back when nobody holds a piece of them`() async throws {
        let scope = CountingScope()
        let streams = 12
        try await HostileSubject.with(scope.configuration) { subject in
            subject.swarm.handle("/slow") { stream in _ = await stream.connection.waitUntilClosed() }
            let (peer, connection) = try await subject.secured()
            for number in 0..<streams {
                let stream = UInt32(2 * number + 1)
                try await peer.sendSealed(
                    HostilePeer.frame(1, flags: 1, stream: stream, value: 0)
                        + HostilePeer.data(
                            stream, HostilePeer.message("/multistream/1.0.0") + HostilePeer.message("/slow")))
                for _ in 0..<4 {
                    try await peer.sendSealed(HostilePeer.data(stream, Array(repeating: 7, count: 60_000)))
                }
            }
            // A slab holds one such message.
            let held = 4 * streams * Self.slabSize
            await scope.waitUntil { $0.memory >= held + streams * Self.initialWindow }
            await peer.close()
            _ = await connection.waitUntilClosed()
            await scope.waitUntil { $0.memory <= 33 * Self.slabSize }
        }
        await scope.waitUntil { $0.memory == 0 }
    }
}
