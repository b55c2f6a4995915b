import Bytes

/// Where in a frame the input stands: in its header, in its payload or behind it.
struct YamuxFrameAssembly {
    /// The first bytes of a header of which the rest has not come yet.
    private var partialHeader: [UInt8] = []
    /// A frame of which a part has yet to be acted on, after its first event.
    var pending: YamuxHeader?
    /// The stream that the payload belongs to; nil where the payload is thrown away.
    var payloadStream: YamuxStreamID?
    var payloadRemaining = 0

    /// The next header, or nil where the input ends before it does.
    mutating func nextHeader(_ input: inout BytesReader) throws(YamuxError) -> YamuxHeader? {
        if self.partialHeader.isEmpty, input.remaining >= YamuxHeader.length {
            return try YamuxHeader(reading: &input)
        }
        let missing = YamuxHeader.length - self.partialHeader.count
        let available = min(missing, input.remaining)
        guard available > 0, let bytes = try? input.readUnsafe(available) else { return nil }
        self.partialHeader.append(contentsOf: bytes)
        guard self.partialHeader.count == YamuxHeader.length else { return nil }
        var reader = BytesReader(Bytes(self.partialHeader))
        self.partialHeader.removeAll(keepingCapacity: true)
        return try YamuxHeader(reading: &reader)
    }

    /// Takes what the input has of the payload; returns the range of the input that it stands in.
    mutating func takePayload(_ input: inout BytesReader) -> Range<Int> {
        let start = input.position
        let count = min(self.payloadRemaining, input.remaining)
        if (try? input.skip(count)) != nil { self.payloadRemaining -= count }
        return start..<input.position
    }
}
