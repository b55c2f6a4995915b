import Bytes
import Multiformats
import TestSupport
import Testing

struct MultiaddrPropertyTests {
    @Test func `text and bytes of any address lead to each other`() throws {
        var generator = SeededGenerator(seed: 2)
        var seen: Set<MultiaddrProtocol> = []
        for _ in 0..<3_000 {
            let components = try generator.components(count: 1...6)
            guard let address = try? Multiaddr(components) else { continue }  // garlic64 twice can be too long
            seen.formUnion(components.map(\.protocol))
            #expect(address.components == components)
            #expect(try Multiaddr(bytes: address.bytes) == address)
            #expect(try Multiaddr(address.description) == address, "\(address)")
            for component in components where component.protocol != .unix {
                #expect(try MultiaddrComponent(component.protocol, component.text) == component)
            }
        }
        #expect(seen == Set(MultiaddrProtocol.allCases))
    }

    @Test func `mutated bytes are refused or have a text that leads back to them`() throws {
        var generator = SeededGenerator(seed: 3)
        var readable = 0
        for _ in 0..<10_000 {
            guard let original = try? Multiaddr(generator.components(count: 1...4)) else { continue }
            let bytes = generator.mutated(original.bytes)
            guard let address = try? Multiaddr(bytes: bytes) else { continue }
            readable += 1
            #expect(address.bytes == bytes)
            #expect(try Multiaddr(address.description).bytes == bytes, "\(address)")
            _ = address.endpoint
        }
        #expect(readable > 1_000)
    }

    @Test func `random bytes are refused or have a text that leads back to them`() throws {
        var generator = SeededGenerator(seed: 4)
        var readable = 0
        for _ in 0..<50_000 {
            let bytes = generator.bytes(count: 0...24)
            guard let address = try? Multiaddr(bytes: bytes) else { continue }
            readable += 1
            #expect(try Multiaddr(address.description).bytes == bytes)
        }
        #expect(readable > 10)
    }

    @Test func `mutated texts are refused or stand for an address`() throws {
        var generator = SeededGenerator(seed: 5)
        var readable = 0
        for _ in 0..<10_000 {
            guard let original = try? Multiaddr(generator.components(count: 1...4)) else { continue }
            let mutated = generator.mutated(Bytes(utf8: original.description))
            let text = String(decoding: mutated, as: UTF8.self)
            guard let address = try? Multiaddr(text) else { continue }
            readable += 1
            #expect(try Multiaddr(bytes: address.bytes) == address)
            #expect(try Multiaddr(address.description) == address, "\(text)")
        }
        #expect(readable > 500)
    }
}
