import Multiformats
import Testing

/// Networks of addresses as people write them (RFC 4632, RFC 4291 section 2.3).
struct IPNetworkTests {
    @Test(arguments: [
        ("192.0.2.0/24", "192.0.2.0/24"), ("192.0.2.7", "192.0.2.7/32"), ("0.0.0.0/0", "0.0.0.0/0"),
        ("2001:db8::/32", "2001:db8::/32"), ("::/0", "::/0"), ("2001:db8::1", "2001:db8::1/128"),
        ("2001:db8:0:0:8000::/65", "2001:db8:0:0:8000::/65"), ("::ffff:192.0.2.7", "192.0.2.7/32"),
    ])
    func `a network is read and written`(text: String, expected: String) throws {
        #expect(try #require(IPNetwork(text)).description == expected)
    }

    @Test(arguments: [
        "", "192.0.2.0/33", "192.0.2.1/24", "192.0.2.0/", "192.0.2.0/-1", "192.0.2.0/024x", "2001:db8::/129",
        "2001:db8::1/64", "example.org/8", "192.0.2.0/24/1", "::ffff:192.0.2.0/120", "/8",
    ])
    func `what is no network is refused`(text: String) {
        #expect(IPNetwork(text) == nil)
    }

    @Test(arguments: [
        ("192.0.2.0/24", "192.0.2.255", true), ("192.0.2.0/24", "192.0.3.0", false),
        ("192.0.2.0/24", "::ffff:192.0.2.9", true), ("0.0.0.0/0", "255.255.255.255", true), ("0.0.0.0/0", "::1", false),
        ("::/0", "2001:db8::1", true), ("::/0", "1.2.3.4", false), ("2001:db8::/32", "2001:db8:ffff::1", true),
        ("2001:db8::/32", "2001:db9::1", false), ("2001:db8::8000:0:0:0/65", "2001:db8::ffff:0:0:1", true),
    ])
    func `a network has the addresses of its prefix`(network: String, address: String, isIn: Bool) throws {
        #expect(try #require(IPNetwork(network)).contains(try #require(IPAddress(address))) == isIn)
    }
}
