import Bytes
import TestSupport
import Testing

@Suite(.enabled(if: ProtobufOracle.isExpected, Comment(rawValue: ProtobufOracle.absence)))
struct ProtobufOracleTests {
    @Test func `Google's protobuf reads what the writer writes, and the reader reads what it writes`() throws {
        var generator = SeededGenerator(seed: 21)
        let samples = (0..<400).map { _ in ProtobufSample.random(using: &generator) }
        let messages = samples.map(\.encoded)
        let answer = try ProtobufOracle.ask(
            .init(seed: 22, count: 400, written: messages.map(\.hex), mutated: []))

        #expect(answer.read == samples)
        #expect(answer.generated.count == 400)
        for generated in answer.generated {
            let message = try #require(Bytes(hex: generated.hex))
            #expect(try ProtobufSample(reading: message) == generated.sample, "\(generated.hex)")
        }
        for (sample, message) in zip(samples, messages) {
            #expect(try ProtobufSample(reading: message) == sample)
        }
    }

    @Test func `what the reader takes for a message Google's protobuf does too, and the reverse within its limits`()
        throws
    {
        var generator = SeededGenerator(seed: 23)
        let seeds = try ProtobufOracle.ask(.init(seed: 24, count: 100, written: [], mutated: [])).generated
        let messages = try seeds.map { try #require(Bytes(hex: $0.hex)) } + (0..<100).map { generator.bytes($0 / 4) }
        let mutated = (0..<8_000).compactMap { _ in messages.randomElement(using: &generator) }
            .map { generator.mutated($0[..<min($0.count, 120)]) }
        let answer = try ProtobufOracle.ask(.init(seed: 0, count: 0, written: [], mutated: mutated.map(\.hex)))
        var accepted = 0
        for (message, isMessage) in zip(mutated, answer.accepted) {
            let error = Self.error(of: message)
            if isMessage {
                accepted += 1
                // The reader is stricter in one thing: it refuses a varint of more than 64 bits, which C++ cuts off.
                #expect(error == nil || error == .malformed(.varintTooLong), "\(message.hex)")
            } else {
                #expect(error != nil, "\(message.hex)")
            }
        }
        #expect(accepted > 500 && accepted < 7_500)
    }

    private static func error(of message: Bytes) -> ProtobufError? {
        do throws(ProtobufError) {
            var reader = ProtobufReader(message)
            while try reader.next() != nil {}
            return nil
        } catch {
            return error
        }
    }
}
