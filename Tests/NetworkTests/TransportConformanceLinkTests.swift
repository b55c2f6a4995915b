import Bytes
import EventLoop
import Multiformats
import Testing
import Transport

/// What every transport's links do. The suite goes on in the other files named TransportConformance.
@Suite(.timeLimit(.minutes(1))) struct TransportConformanceLinkTests {
    @Test(arguments: TransportSubject.allCases)
    func `a listener's address can be dialled`(_ subject: TransportSubject) async throws {
        try await TransportFixture.with(subject) { fixture in
            let listener = try await fixture.listen()
            #expect(listener.address != (try subject.anyAddress))
            #expect(fixture.dialling.canDial(listener.address))
            #expect(fixture.listening.canListen(on: listener.address))
            _ = try await fixture.connect(to: listener)
            await listener.close()
        }
    }

    @Test(arguments: TransportSubject.allCases)
    func `a peer ID at the end of an address changes nothing`(_ subject: TransportSubject) async throws {
        try await TransportFixture.with(subject) { fixture in
            let listener = try await fixture.listen()
            let address = try Multiaddr("\(listener.address)\(TransportFixture.peer)")
            #expect(fixture.dialling.canDial(address))
            #expect(try await fixture.dial(address).remoteAddress == listener.address)
            #expect(!fixture.listening.canListen(on: address))
            await listener.close()
        }
    }

    @Test(arguments: TransportSubject.allCases)
    func `both sides see the same two addresses`(_ subject: TransportSubject) async throws {
        try await TransportFixture.with(subject) { fixture in
            let listener = try await fixture.listen()
            let (dialled, accepted) = try await fixture.connect(to: listener)
            #expect(dialled.remoteAddress == listener.address)
            #expect(accepted.localAddress == listener.address)
            #expect(dialled.localAddress == accepted.remoteAddress)
            #expect(dialled.localAddress != dialled.remoteAddress)
            await listener.close()
        }
    }

    @Test(arguments: TransportSubject.allCases)
    func `bytes flow both ways at once, more than the sockets hold`(_ subject: TransportSubject) async throws {
        try await TransportFixture.with(subject) { fixture in
            let listener = try await fixture.listen()
            let link = try await fixture.connect(to: listener)
            let near = try await LinkEnd(link.dialled)
            let far = try await LinkEnd(link.accepted)
            let there = Self.pattern(multiplier: 2_654_435_761)
            let back = Self.pattern(multiplier: 1_640_531_527)
            let size = there.count
            async let sent: Void = near.write(there)
            async let answered: Void = far.write(back)
            async let arrived = far.read(size)
            async let returned = near.read(size)
            #expect(try await Bytes(arrived) == Bytes(there))
            #expect(try await Bytes(returned) == Bytes(back))
            _ = try await (sent, answered)
            await near.close()
            await far.close()
            await listener.close()
        }
    }

    /// 8 MiB that repeat after a prime number of bytes, so that a piece that is lost or comes twice shows.
    private static func pattern(multiplier: UInt64) -> [UInt8] {
        let block = (UInt64(0)..<65_521).map { UInt8(truncatingIfNeeded: $0 &* multiplier >> 11) }
        var pattern: [UInt8] = []
        for _ in 0..<128 { pattern += block }
        return pattern
    }

    @Test(arguments: TransportSubject.allCases)
    func `a half-closed link still carries the answer`(_ subject: TransportSubject) async throws {
        try await TransportFixture.with(subject) { fixture in
            let listener = try await fixture.listen()
            let link = try await fixture.connect(to: listener)
            let near = try await LinkEnd(link.dialled)
            let far = try await LinkEnd(link.accepted)
            try await near.write(Array("question".utf8))
            try await near.closeWrite()
            #expect(try await far.read(100) == Array("question".utf8))
            try await far.write(Array("answer".utf8))
            try await far.closeWrite()
            #expect(try await near.read(100) == Array("answer".utf8))
            await near.close()
            await far.close()
            await listener.close()
        }
    }

    @Test(arguments: TransportSubject.allCases)
    func `links dialled at once all arrive, spread over the loops`(_ subject: TransportSubject) async throws {
        try await TransportFixture.with(subject) { fixture in
            let count: UInt8 = 100
            let listener = try await fixture.listen()
            // Loops of their own, so that the dials are no load of those that the listener shares out.
            let diallers = EventLoopGroup(count: 1)
            let near = try await withThrowingTaskGroup(of: LinkEnd.self) { group in
                for number in 0..<count {
                    group.addTask {
                        let link = try await fixture.dialling.dial(
                            listener.address, on: diallers.next(), timeout: .seconds(30))
                        let end = try await LinkEnd(link)
                        try await end.write([number])
                        return end
                    }
                }
                return try await group.reduce(into: []) { $0.append($1) }
            }
            var accepted: [RawLink] = []
            for _ in 0..<count { accepted.append(await fixture.accepted.next()) }
            for loop in fixture.loops.loops {
                #expect(accepted.count { $0.loop === loop } >= 40, "loop \(loop.index) got too few links")
            }
            #expect(Set(accepted.map(\.remoteAddress)).count == Int(count))
            var far: [LinkEnd] = []
            var numbers: Set<UInt8> = []
            for link in accepted {
                let end = try await LinkEnd(link)
                numbers.formUnion(try await end.read(1))
                far.append(end)
            }
            #expect(numbers == Set(0..<count))
            for end in near + far { await end.close() }
            await listener.close()
            await diallers.shutdown()
        }
    }

    @Test(arguments: TransportSubject.allCases)
    func `a link that its receiver drops is closed`(_ subject: TransportSubject) async throws {
        try await TransportFixture.with(subject) { fixture in
            let listener = try await fixture.listening.listen(on: subject.anyAddress, loops: fixture.loops) { _ in }
            let end = try await LinkEnd(fixture.dial(listener.address))
            #expect(try await end.read(1) == [])
            await end.close()
            await listener.close()
        }
    }
}
