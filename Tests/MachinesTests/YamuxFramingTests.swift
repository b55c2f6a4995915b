import Bytes
import TestSupport
import Testing

@testable import Yamux

/// A session's byte stream may be cut anywhere: the events are the same.
@Suite struct YamuxFramingTests {
    private func expectScript(_ pieces: [ArraySlice<UInt8>], _ cut: String) throws {
        let end = try YamuxScript.listener()
        for piece in pieces { try end.receive(Array(piece)) }
        #expect(end.heard == YamuxScript.heard, "\(cut)")
        #expect(end.sendAll() == YamuxScript.sent, "\(cut)")
    }

    @Test func `a stream of frames in one piece`() throws {
        try self.expectScript([YamuxScript.bytes[...]], "whole")
    }

    @Test func `a stream of frames cut in two at every place`() throws {
        for cut in YamuxScript.bytes.indices {
            try self.expectScript([YamuxScript.bytes[..<cut], YamuxScript.bytes[cut...]], "cut at \(cut)")
        }
    }

    @Test(arguments: 1...30)
    func `a stream of frames in pieces of one size`(size: Int) throws {
        let starts = stride(from: 0, to: YamuxScript.bytes.count, by: size)
        try self.expectScript(starts.map { YamuxScript.bytes[$0...].prefix(size) }, "pieces of \(size)")
    }

    @Test func `a stream of frames in pieces of any size`() throws {
        var random = SeededGenerator(seed: 3)
        for round in 0..<300 {
            var pieces: [ArraySlice<UInt8>] = []
            var rest = YamuxScript.bytes[...]
            while !rest.isEmpty {
                let piece = rest.prefix(.random(in: 0...40, using: &random))
                pieces.append(piece)
                rest = rest.dropFirst(piece.count)
            }
            try self.expectScript(pieces, "round \(round)")
        }
    }

    @Test func `an error comes with the last byte of its header, wherever that was cut`() throws {
        var bytes = YamuxHeader.data(1).wire
        bytes[1] = 9
        for cut in 0...11 {
            let end = YamuxEnd(.listener)
            try end.receive(Array(bytes[..<cut]))
            #expect(throws: YamuxError.invalidFrameType(9)) { try end.receive(Array(bytes[cut...])) }
        }
    }

    @Test func `data is reported as it comes, not when its frame is whole`() throws {
        let end = YamuxEnd(.listener)
        try end.receive(YamuxHeader.data(1, .syn, 200_000).with(payload: 1))
        #expect(end.takeHeard() == [.opened(1), .data(1, [7])])
        try end.receive([5, 6])
        #expect(end.takeHeard() == [.data(1, [5, 6])])
    }

    @Test func `no input is no event`() throws {
        let end = YamuxEnd(.listener)
        for _ in 0..<10 { try end.receive([]) }
        #expect(end.heard == [])
        #expect(!end.hasOutput)
    }
}
