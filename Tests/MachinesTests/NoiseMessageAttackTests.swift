import Bytes
import Cryptography
import TestSupport
import Testing

@testable import Noise

/// Messages that an honest peer did not write, or did not write here.
@Suite struct NoiseMessageAttackTests {
    private let scene: NoiseScene

    init() throws { self.scene = try NoiseScene() }

    @Test func `a change of any bit of message 1 is found in message 2`() throws {
        for index in 2..<self.scene.honest.messages[0].count {
            for bit in 0..<8 {
                var changed = self.scene.honest.messages[0]
                changed[index] ^= 1 << bit
                var listener = try self.scene.responder.handshake(.responder, self.scene.context)
                let answer = try listener.feed([changed]).output
                #expect(try self.scene.dialerFailure(answer) == .authenticationFailed(message: 2))
            }
        }
    }

    @Test func `a change of any byte of message 2 is found, and message 3 is not sent`() throws {
        for index in 2..<self.scene.honest.messages[1].count {
            var changed = self.scene.honest.messages[1]
            changed[index] ^= 0x80
            var dialer = try self.scene.initiator.handshake(.initiator, self.scene.context)
            _ = dialer.nextOutput()
            #expect(dialer.failure([changed]) == .authenticationFailed(message: 2))
            #expect(dialer.nextOutput() == nil)
            let dialerIsComplete = dialer.isComplete
            #expect(!dialerIsComplete)
        }
    }

    @Test func `a change of any byte of message 3 is found`() throws {
        for index in 2..<self.scene.honest.messages[2].count {
            var changed = self.scene.honest.messages[2]
            changed[index] ^= 1
            #expect(try self.scene.listenerFailure(changed) == .authenticationFailed(message: 3))
        }
    }

    @Test func `a message that is cut or lengthened does not authenticate`() throws {
        let second = Bytes(self.scene.honest.messages[1].dropFirst(2))
        for count in 96..<second.count {
            #expect(try self.scene.dialerFailure(framed(second[0..<count])) == .authenticationFailed(message: 2))
        }
        let third = Bytes(self.scene.honest.messages[2].dropFirst(2))
        for count in 64..<third.count {
            #expect(try self.scene.listenerFailure(framed(third[0..<count])) == .authenticationFailed(message: 3))
        }
        let longer = Bytes(self.scene.honest.messages[2].dropFirst(2) + [0])
        #expect(try self.scene.listenerFailure(framed(longer)) == .authenticationFailed(message: 3))
    }

    @Test(arguments: [0, 1, 31])
    func `a message too short for its keys is refused by its length alone`(count: Int) throws {
        var listener = try self.scene.responder.handshake(.responder, self.scene.context)
        #expect(listener.failure([[0], [UInt8(count)]]) == .messageTooShort(message: 1))
        #expect(try self.scene.dialerFailure([0, UInt8(64 + count)]) == .messageTooShort(message: 2))
        #expect(try self.scene.listenerFailure([0, UInt8(32 + count)]) == .messageTooShort(message: 3))
    }

    @Test func `the longest message of garbage is refused and nothing is read behind it`() throws {
        var generator = SeededGenerator(seed: 3)
        let garbage: [UInt8] = [0xff, 0xff] + Array(generator.bytes(65_535))
        #expect(try self.scene.dialerFailure(garbage) == .authenticationFailed(message: 2))
        #expect(try self.scene.listenerFailure(garbage) == .authenticationFailed(message: 3))
        // In message 1 whatever follows the key is a payload for nobody, and part of the transcript.
        var listener = try self.scene.responder.handshake(.responder, self.scene.context)
        let fed = try listener.feed([garbage + [1, 2]])
        #expect(fed.unread == [])
        #expect(try self.scene.dialerFailure(fed.output) == .authenticationFailed(message: 2))
    }

    @Test func `the honest messages of another handshake do not fit`() throws {
        let other = try NoiseTranscript(NoiseNode(seed: 8), NoiseNode(seed: 9), self.scene.context)
        #expect(try self.scene.dialerFailure(other.messages[1]) == .authenticationFailed(message: 2))
        #expect(try self.scene.listenerFailure(other.messages[2]) == .authenticationFailed(message: 3))
        #expect(
            try self.scene.dialerFailure(framed(Bytes(self.scene.honest.messages[0]))) == .messageTooShort(message: 2))
    }

    @Test func `an ephemeral key that makes the secret public is refused`() throws {
        var listener = try self.scene.responder.handshake(.responder, self.scene.context)
        #expect(listener.failure([[0, 32] + Array(repeating: 0, count: 32)]) == .weakKey(message: 2))
        #expect(listener.nextOutput() == nil)
        var changed = self.scene.honest.messages[1]
        changed.replaceSubrange(2..<34, with: [1] + Array(repeating: 0, count: 31))
        #expect(try self.scene.dialerFailure(changed) == .weakKey(message: 2))
    }

    @Test func `an error lasts`() throws {
        var dialer = try self.scene.initiator.handshake(.initiator, self.scene.context)
        var changed = self.scene.honest.messages[1]
        changed[40] ^= 1
        #expect(dialer.failure([changed]) == .authenticationFailed(message: 2))
        #expect(dialer.failure([self.scene.honest.messages[1]]) == .authenticationFailed(message: 2))
        #expect(dialer.failure([[]]) == .authenticationFailed(message: 2))
    }

    @Test func `random input never traps and never completes a handshake`() throws {
        var generator = SeededGenerator(seed: 4)
        for round in 0..<2000 {
            let target = round % 3
            var bytes =
                round.isMultiple(of: 2)
                ? self.scene.honest.messages[target]
                : Array(generator.bytes(Int.random(in: 0..<300, using: &generator)))
            if bytes.isEmpty { continue }
            let index = Int.random(in: 0..<bytes.count, using: &generator)
            let change = UInt8.random(in: 1...255, using: &generator)
            bytes[index] ^= change
            let cut = Int.random(in: 0...bytes.count, using: &generator)
            let pieces = [Array(bytes[..<cut]), Array(bytes[cut...])]
            if target == 1 {
                var dialer = try self.scene.initiator.handshake(.initiator, self.scene.context)
                _ = dialer.failure(pieces)
                let dialerIsComplete = dialer.isComplete
                #expect(!dialerIsComplete)
            } else {
                var listener = try self.scene.responder.handshake(.responder, self.scene.context)
                if target == 2 { _ = try listener.feed([self.scene.honest.messages[0]]) }
                _ = listener.failure(pieces)
                let listenerIsComplete = listener.isComplete
                #expect(!listenerIsComplete)
            }
        }
    }
}
