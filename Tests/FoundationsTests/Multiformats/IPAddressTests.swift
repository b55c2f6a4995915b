import Foundation
import Multiformats
import TestSupport
import Testing

struct IPAddressTests {
    @Test(arguments: [
        "0.0.0.0", "1.2.3.4", "127.0.0.1", "255.255.255.255", "10.0.0.10",
    ])
    func `an IPv4 text is read and printed`(text: String) throws {
        let address = try #require(IPv4Address(text))
        #expect(address.description == text)
        #expect(IPv4Address(octets: address.octets) == address)
        #expect(IPAddress(text) == .v4(address))
    }

    @Test(arguments: [
        "", ".", "1", "1.2.3", "1.2.3.4.", ".1.2.3", "1..2.3", "1.2.3.4.5", "256.1.1.1", "1.2.3.04", "01.2.3.4",
        "1.2.3.+4",
        "1.2.3.-4", "1.2.3.4 ", "0x7f.0.0.1", "1.2.3.99999999999999999999", "１.2.3.4", "1.2.3.4\u{301}", "::1",
    ])
    func `what is not four decimal numbers is no IPv4 address`(text: String) {
        #expect(IPv4Address(text) == nil)
    }

    @Test(
        arguments: [
            // RFC 4291, section 2.2, and RFC 5952, sections 1 to 5.
            ("::", "::"), ("::1", "::1"), ("1::", "1::"), ("0:0:0:0:0:0:0:0", "::"),
            ("2001:DB8:0:0:8:800:200C:417A", "2001:db8::8:800:200c:417a"), ("FF01:0:0:0:0:0:0:101", "ff01::101"),
            ("2001:db8:0:0:1:0:0:1", "2001:db8::1:0:0:1"),
            ("2001:0db8:0000:0000:0001:0000:0000:0001", "2001:db8::1:0:0:1"),
            ("2001:db8::1:1:1:1:1", "2001:db8:0:1:1:1:1:1"), ("2001:0:0:1:0:0:0:1", "2001:0:0:1::1"),
            ("1:2:3:4:5:6:7::", "1:2:3:4:5:6:7:0"), ("::2:3:4:5:6:7:8", "0:2:3:4:5:6:7:8"),
            ("0:0:0:0:0:0:13.1.68.3", "::d01:4403"), ("0:0:0:0:0:FFFF:129.144.52.38", "::ffff:129.144.52.38"),
            ("::ffff:8190:3426", "::ffff:129.144.52.38"), ("64:ff9b::192.0.2.33", "64:ff9b::c000:221"),
            ("fe80:0:0:0:1:0:0:0", "fe80::1:0:0:0"), ("1:0:0:2::", "1:0:0:2::"),
        ])
    func `an IPv6 text is read and printed in its canonical form`(text: String, canonical: String) throws {
        let address = try #require(IPv6Address(text))
        #expect(address.description == canonical)
        #expect(IPv6Address(canonical) == address)
        #expect(IPv6Address(octets: address.octets) == address)
    }

    @Test(arguments: [
        "", ":", ":::", "1", "1:", ":1", "1:2", "1::2::3", "1:2:3:4:5:6:7", "1:2:3:4:5:6:7:8:9", "1:2:3:4:5:6:7:8::",
        "::1:2:3:4:5:6:7:8", "12345::", "g::", "::1.2.3", "::1.2.3.4:5", "1.2.3.4::", "::256.1.1.1", "1.2.3.4",
        "fe80::1%eth0",
        "::1 ", " ::1", "1:2:3:4:5:6:7:1.2.3.4", "::ffff:01.2.3.4", "１::",
    ])
    func `what RFC 4291 does not write is no IPv6 address`(text: String) {
        #expect(IPv6Address(text) == nil)
    }

    @Test func `IPv6 texts are read as the C library reads them`() throws {
        var generator = SeededGenerator(seed: 6)
        var readable = 0
        for _ in 0..<20_000 {
            var text = IPv6Address(
                high: generator.next() & generator.next() & generator.next(),
                low: Bool.random(using: &generator) ? 0xffff_0000_0000 | generator.next() >> 32 : generator.next()
            ).description
            for _ in 0..<Int.random(in: 0...2, using: &generator) {
                let position = text.index(
                    text.startIndex, offsetBy: Int.random(in: 0..<max(text.count, 1), using: &generator))
                if Bool.random(using: &generator) { text.remove(at: position) }
                if let inserted = "::..0123456789abcdefg".randomElement(using: &generator),
                    Bool.random(using: &generator)
                {
                    text.insert(inserted, at: min(position, text.endIndex))
                }
            }
            var octets = [UInt8](repeating: 0, count: 16)
            let expected = inet_pton(AF_INET6, text, &octets) == 1 ? octets : nil
            #expect(IPv6Address(text)?.octets == expected, "\(text)")
            if let expected {
                readable += 1
                let printed = try #require(IPv6Address(octets: expected)).description
                #expect(IPv6Address(printed)?.octets == expected)
            }
        }
        #expect(readable > 5_000)
    }

    @Test(
        arguments: [
            ("0.0.0.0", "unspecified"), ("127.0.0.1", "loopback"), ("127.255.255.255", "loopback"),
            ("10.1.2.3", "private"),
            ("172.16.0.1", "private"), ("172.31.255.255", "private"), ("172.32.0.0", "global"),
            ("192.168.1.1", "private"),
            ("100.64.0.1", "private"), ("100.128.0.0", "global"), ("169.254.1.1", "link-local"),
            ("224.0.0.251", "multicast"),
            ("239.255.255.255", "multicast"), ("240.0.0.1", "reserved"), ("255.255.255.255", "reserved"),
            ("0.1.2.3", "reserved"), ("192.0.2.1", "reserved"), ("198.51.100.1", "reserved"),
            ("203.0.113.1", "reserved"),
            ("198.19.255.255", "reserved"), ("198.20.0.0", "global"), ("8.8.8.8", "global"), ("1.1.1.1", "global"),
            ("::", "unspecified"), ("::1", "loopback"), ("fe80::1", "link-local"), ("febf::1", "link-local"),
            ("fec0::1", "reserved"), ("fc00::1", "private"), ("fdff::1", "private"), ("ff02::fb", "multicast"),
            ("2001:db8::1", "reserved"), ("3fff:fff::1", "reserved"), ("2001:2::1", "reserved"),
            ("2001:20::1", "reserved"),
            ("2606:4700::1111", "global"), ("2001::1", "global"), ("4000::1", "reserved"),
            ("64:ff9b::808:808", "global"),
            ("64:ff9b::10.0.0.1", "reserved"), ("::ffff:8.8.8.8", "global"), ("::ffff:10.0.0.1", "private"),
            ("::ffff:127.0.0.1", "loopback"), ("::ffff:169.254.0.1", "link-local"), ("::ffff:224.0.0.1", "multicast"),
            ("::8.8.8.8", "reserved"),
        ])
    func `an address is of one kind`(text: String, kind: String) throws {
        let address = try #require(IPAddress(text))
        #expect(address.isUnspecified == (kind == "unspecified"))
        #expect(address.isLoopback == (kind == "loopback"))
        #expect(address.isPrivate == (kind == "private"))
        #expect(address.isLinkLocal == (kind == "link-local"))
        #expect(address.isMulticast == (kind == "multicast"))
        #expect(address.isGlobal == (kind == "global"))
    }

    @Test func `a mapped address is the IPv4 address that it maps`() throws {
        let address = IPv4Address(192, 0, 2, 7)
        let mapped = IPv6Address(mapping: address)
        #expect(mapped.description == "::ffff:192.0.2.7")
        #expect(mapped.mappedIPv4 == address)
        #expect(IPAddress.v6(mapped).unmapped == .v4(address))
        #expect(IPAddress.v6(.loopback).unmapped == .v6(.loopback))
        #expect(IPv4Address(octets: [1, 2, 3]) == nil)
        #expect(IPv6Address(octets: [1, 2, 3]) == nil)
    }
}
