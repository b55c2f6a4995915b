import Bytes
import TestSupport
import Testing

@testable import EventLoop

struct RouteMessagesTests {
    private static func changes(_ bytes: [UInt8]) -> [RouteMessages.Change] {
        bytes.withUnsafeBytes { RouteMessages.changes(in: $0) }
    }

    /// A message of netlink, in the byte order of the machine, padded to four bytes.
    private static func message(_ type: UInt16, _ body: [UInt8], length: UInt32? = nil) -> [UInt8] {
        var bytes: [UInt8] = []
        withUnsafeBytes(of: length ?? UInt32(16 + body.count)) { bytes += $0 }
        withUnsafeBytes(of: type) { bytes += $0 }
        bytes += [UInt8](repeating: 0, count: 10) + body
        return bytes + [UInt8](repeating: 0, count: (4 - bytes.count % 4) % 4)
    }

    private static func attribute(_ type: UInt16, _ value: [UInt8], length: UInt16? = nil) -> [UInt8] {
        var bytes: [UInt8] = []
        withUnsafeBytes(of: length ?? UInt16(4 + value.count)) { bytes += $0 }
        withUnsafeBytes(of: type) { bytes += $0 }
        return bytes + value + [UInt8](repeating: 0, count: (4 - value.count % 4) % 4)
    }

    private static func address(_ interface: UInt8, _ attributes: [UInt8]) -> [UInt8] {
        let number: [UInt8] = withUnsafeBytes(of: UInt32(interface)) { Array($0) }
        return [2, 24, 0, 0] + number + attributes
    }

    private static func link(_ interface: UInt8) -> [UInt8] {
        let number: [UInt8] = withUnsafeBytes(of: UInt32(interface)) { Array($0) }
        return [0, 0, 1, 0] + number + [UInt8](repeating: 0, count: 8)
    }

    @Test func `addresses and links that come and go are told in their order`() {
        let bytes =
            Self.message(20, Self.address(3, Self.attribute(1, [10, 0, 0, 1]) + Self.attribute(3, [97, 0])))
            + Self.message(21, Self.address(3, Self.attribute(1, [UInt8](repeating: 1, count: 16))))
            + Self.message(16, Self.link(4)) + Self.message(17, Self.link(5))
        #expect(
            Self.changes(bytes) == [
                .address([10, 0, 0, 1], interface: 3, isGone: false),
                .address([UInt8](repeating: 1, count: 16), interface: 3, isGone: true),
                .link(interface: 4, isGone: false), .link(interface: 5, isGone: true),
            ])
    }

    @Test func `of a link between two hosts the own address counts`() {
        let attributes = Self.attribute(1, [10, 0, 0, 2]) + Self.attribute(2, [10, 0, 0, 1])
        #expect(
            Self.changes(Self.message(20, Self.address(3, attributes))) == [
                .address([10, 0, 0, 1], interface: 3, isGone: false)
            ])
    }

    @Test func `what the kernel lost is told, and other messages are passed over`() {
        let bytes =
            Self.message(24, [1, 2, 3]) + Self.message(4, []) + Self.message(3, []) + Self.message(2, [0, 0, 0, 0])
        #expect(Self.changes(bytes) == [.lost, .lost])
    }

    @Test(arguments: [0, 1, 15, .max, UInt32(Int32.max)] as [UInt32])
    func `a length that cannot be ends the reading`(_ length: UInt32) {
        #expect(
            Self.changes(Self.message(16, Self.link(1)) + Self.message(16, Self.link(2), length: length)).count == 1)
    }

    @Test(arguments: [0, 3, 200, .max] as [UInt16])
    func `an attribute whose length cannot be ends its message`(_ length: UInt16) {
        let broken = Self.message(20, Self.address(3, Self.attribute(1, [10, 0, 0, 1], length: length)))
        #expect(Self.changes(broken + Self.message(16, Self.link(4))) == [.link(interface: 4, isGone: false)])
    }

    @Test func `every cut and random bytes are read`() {
        var generator = SeededGenerator(seed: 4)
        let whole =
            Self.message(20, Self.address(3, Self.attribute(1, [10, 0, 0, 1]))) + Self.message(16, Self.link(4))
        for end in 0..<whole.count { #expect(Self.changes(Array(whole[..<end])).count <= 1) }
        for _ in 0..<1_000 {
            _ = Self.changes(Array(generator.mutated(Bytes(whole))))
            _ = Self.changes(Array(generator.bytes(count: 0...100)))
        }
    }
}
