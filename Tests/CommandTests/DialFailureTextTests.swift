import Apus
import Testing

@testable import ApusCommand

/// What a person is told to do about a dial that failed at several addresses.
struct DialFailureTextTests {
    private static let stranger = Result { try PrivateKey.generate().peerID }

    private func text(_ attempts: [(String, DialError.Kind)]) throws -> String {
        let attempts = try attempts.map { address, kind in
            DialError.Attempt(address: try Multiaddr(address), kind: kind, cause: "it failed", duration: .zero)
        }
        return FailureText.text(DialError(peer: nil, attempts: attempts))
    }

    @Test func `a peer that answered says more than whatever failed before`() throws {
        let stranger = try Self.stranger.get()
        let text = try self.text([
            ("/ip4/192.0.2.1/udp/1/quic-v1", .unsupportedAddress), ("/ip4/192.0.2.1/tcp/1", .refused),
            ("/ip4/192.0.2.1/tcp/2", .handshakeFailed), ("/ip4/192.0.2.1/tcp/3", .noCommonProtocol),
            ("/ip4/192.0.2.1/tcp/4", .wrongPeer(stranger)), ("/ip4/192.0.2.2/tcp/1", .timedOut),
        ])
        #expect(text.hasSuffix("; if it is the one you mean, end the address in /p2p/\(stranger)"))
    }

    @Test(arguments: [
        (DialError.Kind.noCommonProtocol, "this node speaks /noise and /yamux/1.0.0"),
        (.handshakeFailed, "check that a libp2p node listens at this port"),
        (.refused, "nobody listens there: start the node, or check the port"),
        (.timedOut, "check the address, that a libp2p node listens there, and that no firewall is between"),
    ])
    func `what a host did says more than a missing route, name or transport`(
        _ kind: DialError.Kind, _ advice: String
    ) throws {
        let text = try self.text([
            ("/ip4/192.0.2.1/udp/1/quic-v1", .unsupportedAddress), ("/ip6/2001:db8::1/tcp/1", .unreachable),
            ("/dns4/gone.test/tcp/1", .nameNotFound), ("/dns4/silent.test/tcp/1", .timedOut),
            ("/ip4/192.0.2.1/tcp/1", kind),
        ])
        #expect(text.hasSuffix("; \(advice)"))
    }

    @Test func `a refused port says more than silence`() throws {
        let text = try self.text([("/ip4/192.0.2.1/tcp/1", .timedOut), ("/ip4/192.0.2.1/tcp/2", .refused)])
        #expect(text.hasSuffix("; nobody listens there: start the node, or check the port"))
    }

    @Test func `a name server that is silent is not the peer's host`() throws {
        let text = try self.text([("/dns4/silent.test/tcp/1", .timedOut)])
        #expect(text.hasSuffix("; check the name server, or give an IP address"))
    }

    @Test func `a failure of another sort gets no advice meant for a lesser one`() throws {
        let text = try self.text([
            ("/ip4/192.0.2.1/udp/1/quic-v1", .unsupportedAddress), ("/ip4/192.0.2.1/tcp/1", .failed),
        ])
        #expect(text.hasSuffix("/ip4/192.0.2.1/tcp/1: it failed (0 ms)"))
    }

    @Test func `addresses that were left alone can be tried all the same`() throws {
        let text = try self.text([
            ("/ip4/10.0.0.1/tcp/1", .filtered), ("/ip6/2600::1/tcp/1", .blackHole),
            ("/ip4/1.2.3.4/tcp/1", .backOff(.seconds(4))), ("/ip4/1.2.3.4/tcp/2", .tooManyDials),
        ])
        #expect(text.hasSuffix("; give its full address to try it all the same"))
        let refused = try self.text([("/ip4/1.2.3.4/tcp/1", .backOff(.seconds(4))), ("/ip4/1.2.3.4/tcp/2", .refused)])
        #expect(refused.hasSuffix("; nobody listens there: start the node, or check the port"))
    }

    @Test func `one address gets its own advice`() throws {
        let text = try self.text([("/ip4/192.0.2.1/udp/1/quic-v1", .unsupportedAddress)])
        #expect(text.contains("; use an address of TCP"))
        #expect(
            FailureText.text(DialError(peer: nil, reason: "this node is closing")).hasSuffix("this node is closing"))
    }
}
