import Bytes
import Cryptography
import Testing

@testable import Noise

@Suite struct NoiseCipherStateTests {
    private let context: ChaChaPolyContext
    private let key: [UInt8] = Array(0..<32)

    init() throws { self.context = try ChaChaPolyContext() }

    private func state(counter: UInt64 = 0) -> NoiseCipherState {
        let storage = ByteStorage(capacity: 32)
        storage.unsafeMutableBytes.copyBytes(from: self.key)
        return NoiseCipherState(
            key: ChaChaPolyKey(UnsafeRawBufferPointer(storage.unsafeMutableBytes)), counter: counter)
    }

    @Test func `each message takes the next nonce, on both sides`() throws {
        var sender = self.state()
        var receiver = self.state()
        let message = Bytes(utf8: "the same text")
        var seen: Set<Bytes> = []
        for _ in 0..<100 {
            let sealed = try sender.sealed(message, using: self.context)
            #expect(seen.insert(sealed).inserted)
            #expect(try receiver.opened(sealed, using: self.context) == message)
        }
        let counters = [sender.counter, receiver.counter]
        #expect(counters == [100, 100])
    }

    @Test func `a message that is lost, repeated, swapped or turned back is refused`() throws {
        var sender = self.state()
        let messages = try (0..<3).map { index in try sender.sealed([UInt8(index)], using: self.context) }
        for order in [[1], [0, 0], [0, 2], [1, 0, 2]] {
            var receiver = self.state()
            var failed = false
            for index in order {
                do {
                    _ = try receiver.opened(messages[index], using: self.context)
                } catch {
                    failed = true
                    break
                }
            }
            #expect(failed)
        }
    }

    @Test(arguments: [0, 1, 15])
    func `a message without room for its tag is refused`(count: Int) {
        var receiver = self.state()
        #expect(throws: NoiseError.transportAuthenticationFailed(message: 0)) {
            try receiver.opened(Bytes(repeatElement(0, count: count)), using: self.context)
        }
    }

    @Test func `the last nonce is never used and nothing follows it`() throws {
        var sender = self.state(counter: .max - 2)
        var receiver = self.state(counter: .max - 2)
        for _ in 0..<2 {
            #expect(try receiver.opened(sender.sealed([1], using: self.context), using: self.context) == [1])
        }
        for _ in 0..<3 {
            #expect(throws: NoiseError.nonceExhausted) { try sender.sealed([1], using: self.context) }
            #expect(throws: NoiseError.nonceExhausted) { try sender.beginSeal(using: self.context) }
            #expect(throws: NoiseError.nonceExhausted) {
                try receiver.opened(Bytes(repeatElement(0, count: 17)), using: self.context)
            }
        }
    }

    @Test func `nothing is sealed with a key that was overwritten`() {
        var sender = self.state()
        sender.wipe()
        #expect(throws: NoiseError.nonceExhausted) { try sender.sealed([1], using: self.context) }
    }

    @Test func `a message in parts equals the message in one, and takes one nonce`() throws {
        let header: [UInt8] = Array(repeating: 1, count: 12)
        let payload: [UInt8] = Array(repeating: 2, count: 500)
        var whole = self.state()
        var parts = self.state()
        for _ in 0..<3 {
            let expected = try whole.sealed(Bytes(header + payload), using: self.context)
            var output = [UInt8](repeating: 0, count: expected.count)
            try parts.beginSeal(using: self.context)
            output.withUnsafeMutableBytes { output in
                guard let base = output.baseAddress else { return }
                header.withUnsafeBytes { self.context.updateSeal($0, into: base) }
                payload.withUnsafeBytes { self.context.updateSeal($0, into: base + 12) }
                self.context.finishSeal(tagInto: base + 512)
            }
            #expect(Bytes(output) == expected)
        }
    }

    @Test func `a session can be taken apart by its connection`() throws {
        let nodes = [try NoiseNode(seed: 1), try NoiseNode(seed: 2)]
        let transcript = try NoiseTranscript(nodes[0], nodes[1], self.context)
        var dialer = try nodes[0].handshake(.initiator, self.context)
        var listener = try nodes[1].handshake(.responder, self.context)
        _ = try dialer.feed([transcript.messages[1]])
        _ = try listener.feed([transcript.messages[0], transcript.messages[2]])
        let near = dialer.finish()
        let peer = near.remotePeer
        var sending = near.sending
        var far = listener.finish()
        let sealed = try sending.sealed([5], using: self.context)
        #expect(try far.receiving.opened(sealed, using: self.context) == [5])
        #expect(peer == nodes[1].peer)
        far.wipe()
        #expect(throws: NoiseError.nonceExhausted) { try far.sending.sealed([5], using: self.context) }
    }
}
