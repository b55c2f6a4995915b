import EventLoop
import Multiformats
import Testing
import Transport

/// How every transport's listeners begin and end.
@Suite(.timeLimit(.minutes(1))) struct TransportConformanceListenTests {
    @Test(arguments: TransportSubject.allCases)
    func `an address in use is not listened on twice`(_ subject: TransportSubject) async throws {
        try await TransportFixture.with(subject) { fixture in
            let listener = try await fixture.listen()
            let place =
                switch subject {
                case .memory: "\(listener.address)"
                case .tcpOverIPv4: "127.0.0.1:\(try #require(listener.address.tcpPort))"
                case .tcpOverIPv6: "[::1]:\(try #require(listener.address.tcpPort))"
                }
            for transport in [fixture.listening, fixture.dialling] {
                let error = try await fixture.error {
                    try await transport.listen(on: listener.address, loops: fixture.loops) { _ in }
                }
                #expect(error.code == .addressInUse)
                #expect(error.reason == "listen on \(place): address already in use")
            }
            // Nor did the attempts disturb the one who has it.
            _ = try await fixture.connect(to: listener)
            await listener.close()
        }
    }

    @Test(arguments: TransportSubject.allCases)
    func `a closed listener refuses dials and frees its address`(_ subject: TransportSubject) async throws {
        try await TransportFixture.with(subject) { fixture in
            let first = try await fixture.listen()
            let link = try await fixture.connect(to: first)
            await first.close()
            await first.close()
            #expect(try await fixture.error { try await fixture.dial(first.address) }.code == .refused)

            let second = try await fixture.listen(on: first.address)
            #expect(second.address == first.address)
            // What the first listener still does belongs to it alone.
            await first.close()
            _ = try await fixture.connect(to: second)

            // The connections that were accepted before live on.
            let near = try await LinkEnd(link.dialled)
            let far = try await LinkEnd(link.accepted)
            try await near.write([1, 2, 3])
            #expect(try await far.read(3) == [1, 2, 3])
            await near.close()
            await far.close()
            await second.close()
        }
    }

    @Test(arguments: TransportSubject.allCases)
    func `a listener that is dropped stops`(_ subject: TransportSubject) async throws {
        try await TransportFixture.with(subject, loopCount: 1) { fixture in
            let address = try await fixture.listen().address
            // The socket is closed by a job of the loop.
            for _ in 0..<2 { await fixture.loops.next().perform {} }
            #expect(try await fixture.error { try await fixture.dial(address) }.code == .refused)
            let listener = try await fixture.listen(on: address)
            await listener.close()
        }
    }

    @Test(arguments: TransportSubject.allCases)
    func `an address of another kind is not listened on`(_ subject: TransportSubject) async throws {
        try await TransportFixture.with(subject) { fixture in
            for text in subject.foreignAddresses where !text.hasSuffix("/0") {
                let address = try Multiaddr(text)
                #expect(fixture.listening.canListen(on: address) == text.hasPrefix("/ip6zone"), "\(address)")
                let error = try await fixture.error { try await fixture.listen(on: address) }
                #expect(error.code == .unsupportedAddress)
                #expect(error.reason.contains(text), "\(error)")
            }
        }
    }

    @Test(arguments: TransportSubject.allCases)
    func `several listeners of a transport accept side by side`(_ subject: TransportSubject) async throws {
        try await TransportFixture.with(subject) { fixture in
            let first = try await fixture.listen()
            let second = try await fixture.listen()
            #expect(first.address != second.address)
            for listener in [first, second, first] {
                #expect(try await fixture.connect(to: listener).accepted.localAddress == listener.address)
            }
            await first.close()
            #expect(try await fixture.connect(to: second).accepted.localAddress == second.address)
            await second.close()
        }
    }
}
