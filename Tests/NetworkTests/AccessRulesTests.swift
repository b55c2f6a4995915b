import Multiformats
import PeerIdentity
import Testing

@testable import Swarm

struct AccessRulesTests {
    private static func rules(_ texts: String..., listedOnly: Bool = false) throws -> AccessRules {
        AccessRules(
            allowsListedOnly: listedOnly,
            try texts.map { text in
                let (sign, target) = (text.prefix(1), String(text.dropFirst()))
                return AccessRule(sign == "+" ? .allow : .deny, try #require(AccessTarget(target)))
            })
    }

    private static func address(_ text: String) throws -> Multiaddr { try Multiaddr(text) }

    private static let friend = "12D3KooWD3eckifWpRn9wQpMG9R9hX3sD158z7EqHWmweQAJU5SA"
    private static let stranger = "12D3KooWGUxVFZ2kk9xn4Z3WSch5aNKdLq14d9ktFjEgwoGoXmJs"
    private var friend: PeerID { get throws { try PeerID(Self.friend) } }
    private var stranger: PeerID { get throws { try PeerID(Self.stranger) } }

    @Test(arguments: [
        ("192.0.2.7", "192.0.2.7"), ("192.0.2.0/24", "192.0.2.0/24"), ("2001:db8::/32", "2001:db8::/32"),
        ("::1/128", "::1"), ("0.0.0.0/0", "0.0.0.0/0"), (Self.friend, Self.friend),
    ])
    func `a target is read from its text`(text: String, description: String) throws {
        #expect(try #require(AccessTarget(text)).description == description)
    }

    @Test(arguments: ["", "192.0.2.1/24", "192.0.2.0/33", "example.org", "/ip4/192.0.2.1", "12D3KooW", "*"])
    func `what is no target is refused`(text: String) {
        #expect(AccessTarget(text) == nil)
    }

    @Test func `without rules everybody may connect`() throws {
        let rules = try Self.rules()
        let address = try Self.address("/ip4/192.0.2.1/tcp/1")
        #expect(rules.refusal(dialling: try self.stranger) == nil)
        #expect(rules.refusal(dialling: address, of: nil) == nil)
        #expect(rules.refusal(accepting: address) == nil)
        #expect(rules.refusal(of: try self.stranger, at: address) == nil)
    }

    @Test func `a denied peer is refused wherever it is`() throws {
        let rules = try Self.rules("-\(Self.stranger)", "+192.0.2.1")
        let address = try Self.address("/ip4/192.0.2.1/tcp/1")
        #expect(rules.refusal(dialling: try self.stranger) == .peerDenied(try self.stranger))
        #expect(rules.refusal(of: try self.stranger, at: address) == .peerDenied(try self.stranger))
        #expect(rules.refusal(of: try self.friend, at: address) == nil)
    }

    @Test(arguments: [
        ("/ip4/192.0.2.1/tcp/1", true), ("/ip4/192.0.2.7/tcp/1", false), ("/ip4/192.0.3.1/udp/1/quic-v1", false),
        ("/ip6/::ffff:192.0.2.1/tcp/1", true), ("/ip6/2001:db8::1/tcp/1", true), ("/ip6/2001:db9::1/tcp/1", false),
        ("/ip6zone/eth0/ip6/2001:db8::1/tcp/1", true), ("/memory/1", false), ("/dns4/example.org/tcp/1", false),
        ("/ip4/192.0.2.1/tcp/1/p2p/\(Self.friend)/p2p-circuit", true), ("/ip4/192.0.2.9/tcp/1", true),
    ])
    func `the smallest network that an address is in decides`(text: String, isDenied: Bool) throws {
        let rules = try Self.rules("-192.0.2.0/24", "+192.0.2.7", "+192.0.0.0/16", "-2001:db8::/32", "-192.0.2.8/30")
        let address = try Self.address(text)
        #expect((rules.refusal(accepting: address) != nil) == isDenied)
        #expect((rules.refusal(dialling: address, of: try self.friend) != nil) == isDenied)
        #expect((rules.refusal(of: try self.friend, at: address) != nil) == isDenied)
    }

    @Test func `who is not allowed is refused where only those are let in`() throws {
        let (near, far) = (try Self.address("/ip4/192.0.2.1/tcp/1"), try Self.address("/ip4/1.2.3.4/tcp/1"))
        let networks = try Self.rules("+192.0.2.0/24", listedOnly: true)
        #expect(networks.refusal(dialling: try self.stranger) == nil)
        #expect(networks.refusal(dialling: near, of: try self.stranger) == nil)
        #expect(networks.refusal(dialling: far, of: try self.stranger) == .addressNotAllowed(far))
        #expect(networks.refusal(accepting: far) == .addressNotAllowed(far))
        #expect(networks.refusal(accepting: near) == nil)
        let peers = try Self.rules("+\(Self.friend)", listedOnly: true)
        #expect(peers.refusal(dialling: try self.friend) == nil)
        #expect(peers.refusal(dialling: try self.stranger) == .peerNotAllowed(try self.stranger))
        #expect(peers.refusal(accepting: far) == nil)
        #expect(peers.refusal(of: try self.friend, at: far) == nil)
        #expect(peers.refusal(of: try self.stranger, at: far) == .peerNotAllowed(try self.stranger))
        #expect(peers.refusal(dialling: far, of: nil) == .addressNotAllowed(far))
        // An empty list lets nobody in.
        let nobody = try Self.rules(listedOnly: true)
        #expect(nobody.refusal(dialling: try self.friend) == .peerNotAllowed(try self.friend))
        #expect(nobody.refusal(accepting: near) == .addressNotAllowed(near))
        #expect(nobody.refusal(accepting: try Self.address("/memory/1")) != nil)
    }

    @Test func `an allowed relay allows nobody behind it, and what is denied is so for friends too`() throws {
        let rules = try Self.rules("+192.0.2.0/24", "-192.0.2.7", "+\(Self.friend)", listedOnly: true)
        let circuit = try Self.address("/ip4/192.0.2.1/tcp/1/p2p/\(Self.friend)/p2p-circuit")
        #expect(rules.refusal(dialling: circuit, of: try self.stranger) == .addressNotAllowed(circuit))
        #expect(rules.refusal(dialling: circuit, of: try self.friend) == nil)
        #expect(rules.refusal(of: try self.stranger, at: circuit) == .peerNotAllowed(try self.stranger))
        let denied = try Self.address("/ip4/192.0.2.7/tcp/1")
        #expect(rules.refusal(of: try self.friend, at: denied) != nil)
    }

    @Test func `a rule takes the place of one of the same target, and can be taken back`() throws {
        var rules = try Self.rules("-192.0.2.0/24", "+192.0.2.0/24", "-\(Self.friend)", "-10.0.0.0/8")
        #expect(
            rules.all.map { "\($0.action) \($0.target)" } == [
                "deny 10.0.0.0/8", "allow 192.0.2.0/24", "deny \(Self.friend)",
            ])
        for rule in rules.all {
            let isRemoved = rules.remove(rule.target)
            #expect(isRemoved)
        }
        #expect(rules.count == 0)
        #expect(rules.refusal(accepting: try Self.address("/ip4/10.0.0.1/tcp/1")) == nil)
        #expect(rules.refusal(dialling: try self.friend) == nil)
        let isRemovedAgain = rules.remove(.peer(try self.friend))
        #expect(!isRemovedAgain)
    }

    @Test func `the list has a bound`() throws {
        var rules = AccessRules(allowsListedOnly: false)
        for number in 0..<UInt32(AccessRules.limit) {
            let address = IPAddress.v4(IPv4Address(rawValue: number))
            _ = rules.set(AccessRule(.deny, .network(IPNetwork(of: address, prefix: 32))))
        }
        let isTaken = rules.set(AccessRule(.deny, .peer(try self.friend)))
        #expect(!isTaken)
        #expect(rules.count == AccessRules.limit)
        let known = AccessRule(.allow, .network(IPNetwork(of: .v4(IPv4Address(rawValue: 1)), prefix: 32)))
        #expect(rules.hasRoom(for: known))
        let isReplaced = rules.set(known)
        #expect(isReplaced)
    }
}
