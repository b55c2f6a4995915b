import Bytes
import TestSupport
import Testing

@testable import Yamux

/// Yamux specification, "Framing".
@Suite struct YamuxHeaderTests {
    /// Vectors of another implementation's header tests.
    static let vectors: [(header: YamuxHeader, hex: String)] = [
        (.data(1, .syn, 100), "000000010000000100000064"),
        (.window(5, .syn, 1_000), "0001000100000005000003e8"),
        (.ping(0x1234_5678), "000200010000000012345678"),
        (YamuxHeader(type: .goAway, value: YamuxGoAwayCode.protocolError.rawValue), "000300000000000000000001"),
    ]

    @Test(arguments: vectors.indices)
    func `a header is written and read as other implementations do`(index: Int) throws {
        let (header, hex) = Self.vectors[index]
        #expect(header.bytes.hex == hex)
        var reader = BytesReader(try #require(Bytes(hex: hex)))
        #expect(try YamuxHeader(reading: &reader) == header)
        #expect(reader.remaining == 0)
    }

    @Test func `any header survives writing and reading`() throws {
        var random = SeededGenerator(seed: 1)
        for _ in 0..<1_000 {
            let header = YamuxHeader(
                type: try #require(YamuxHeader.FrameType(rawValue: .random(in: 0...3, using: &random))),
                flags: .init(rawValue: .random(in: 0 ... .max, using: &random)),
                stream: .random(in: 0 ... .max, using: &random), value: .random(in: 0 ... .max, using: &random))
            var reader = BytesReader(header.bytes)
            #expect(try YamuxHeader(reading: &reader) == header)
        }
    }

    @Test func `a header that is cut short is an error and no trap`() throws {
        for count in 0..<YamuxHeader.length {
            #expect(throws: YamuxError.incompleteHeader) {
                var reader = BytesReader(YamuxHeader.ping(1).bytes[0..<count])
                _ = try YamuxHeader(reading: &reader)
            }
        }
    }

    @Test func `an unknown version ends the session`() {
        let end = YamuxEnd(.listener)
        var bytes = YamuxHeader.ping(1).wire
        bytes[0] = 1
        #expect(throws: YamuxError.invalidVersion(1)) { try end.receive(bytes) }
    }

    @Test(arguments: [4, 5, 128, 255] as [UInt8])
    func `an unknown frame type ends the session`(type: UInt8) {
        let end = YamuxEnd(.listener)
        var bytes = YamuxHeader.ping(1).wire
        bytes[1] = type
        #expect(throws: YamuxError.invalidFrameType(type)) { try end.receive(bytes) }
    }

    @Test func `flags that the specification does not name are passed over`() throws {
        let end = YamuxEnd(.listener)
        let unknown = YamuxHeader.Flags(rawValue: 0xFFF0)
        try end.receive(YamuxHeader.data(1, unknown.union(.syn), 2).with(payload: 2))
        try end.receive(YamuxHeader.window(1, unknown).wire)
        #expect(end.heard == [.opened(1), .data(1, [7, 7])])
    }

    @Test func `what a GoAway says of an error is the protocol's word for it`() {
        #expect(YamuxError.invalidVersion(9).goAwayCode == .protocolError)
        #expect(YamuxError.receiveWindowExceeded(stream: 1).goAwayCode == .protocolError)
        #expect(YamuxError.tooManyUnansweredFrames.goAwayCode == .protocolError)
        #expect(YamuxError.keepAliveTimeout.goAwayCode == .normal)
        #expect(YamuxGoAwayCode.internalError.rawValue == 2)
    }
}
