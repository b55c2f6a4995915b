import Bytes
import Swarm
import Testing
import Transport

@testable import Identify

/// Sends a push on a stream of its own, and returns when the peer has taken it.
func pushByHand(_ message: IdentifyMessage, on connection: Connection) async throws {
    let stream = try await connection.openStream([IdentifyService.pushProtocolID])
    try await stream.write(message.bytes.lengthPrefixed)
    try await stream.closeWrite()
    _ = try await stream.readToEnd(limit: 0)
}

@Suite(.timeLimit(.minutes(1))) struct IdentifyLimitTests {
    @Test func `a peer that pushes too often is refused`() async throws {
        try await withSwarmPair { pair in
            let services = [
                pair.keep(IdentifyService(swarm: pair.listener)), pair.keep(IdentifyService(swarm: pair.dialer)),
            ]
            let (dialer, listener) = try await pair.connect()
            _ = try await services[0].information(of: listener)
            var accepted = 0
            for number in 0..<50 {
                var message = IdentifyMessage()
                message.agentVersion = "\(number)"
                do {
                    try await pushByHand(message, on: dialer)
                    accepted += 1
                } catch let error as StreamError {
                    guard case .closed(.resetByPeer) = error else { throw error }
                }
            }
            #expect((10...15).contains(accepted))
        }
    }

    @Test func `a peer may have ten identify streams open and no more`() async throws {
        try await withSwarmPair { pair in
            let service = pair.keep(IdentifyService(swarm: pair.listener))
            let (dialer, listener) = try await pair.connect()
            var streams: [Stream] = []
            var answered = 0
            for _ in 0..<30 {
                do {
                    let stream = try await dialer.openStream([IdentifyService.protocolID])
                    streams.append(stream)
                    _ = try await stream.readToEnd(limit: 5_000)
                    answered += 1
                } catch let error as StreamError {
                    guard case .closed(.resetByPeer) = error else { throw error }
                }
            }
            #expect(answered == 10)
            for stream in streams { stream.reset() }
            // The resets are on their way in front of this stream.
            let stream = try await dialer.openStream([IdentifyService.protocolID])
            #expect(try await !stream.readToEnd(limit: 5_000).isEmpty)
            await service.stop()
            _ = listener
        }
    }
}
