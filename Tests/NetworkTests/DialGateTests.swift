import Bytes
import Multiformats
import Testing
import Transport

@testable import Swarm

/// What a failure of one dial means for the next ones.
@Suite struct DialGateTests {
    /// Whether an address of IPv6 is held back after a hundred others failed so.
    private func isBlackHole(after code: TransportError.Code) throws -> Bool {
        let gate = DialGate(DialLimits())
        func refusal(of address: Multiaddr) -> DialRefusal? {
            gate.refusal(of: address, from: .noted, of: nil, isPublic: true, now: .zero)
        }
        for number in 1...100 {
            let address = try Multiaddr("/ip6/2600::\(number)/tcp/1")
            #expect(refusal(of: address) == nil)
            gate.ended(address, of: nil, TransportError(code, "it failed"), now: .zero)
        }
        return refusal(of: try Multiaddr("/ip6/2600::abcd/tcp/1")) == .blackHole("IPv6")
    }

    @Test func `a proxy that is missing says nothing of the networks behind it`() throws {
        #expect(try self.isBlackHole(after: .timedOut))
        #expect(try !self.isBlackHole(after: .proxyUnavailable))
    }
}
