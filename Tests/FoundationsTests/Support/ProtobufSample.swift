import Bytes
import TestSupport

/// The message that `Oracles/protobuf_oracle.py` describes, written and read as every protocol of the project does it.
struct ProtobufSample: Codable, Equatable {
    var number: UInt64?
    var flag: Bool?
    /// Bytes are in hexadecimal, as in the oracle's JSON.
    var data: String?
    var text: String?
    var fixed64: UInt64?
    var fixed32: UInt32?
    var inner: [ProtobufSample] = []
    var numbers: [UInt64] = []
    var list: [String] = []
    var signed: Int64?
    var last: String?

    init() {}

    init(reading message: Bytes) throws(ProtobufError) {
        var reader = ProtobufReader(message)
        while let field = try reader.next() {
            switch field.number {
            case 1: self.number = try field.uint64()
            case 2: self.flag = try field.bool()
            case 3: self.data = try field.bytes().hex
            case 4: self.text = try field.string()
            case 5:
                guard case .fixed64(let value) = field.value else { throw .wrongType(field: 5) }
                self.fixed64 = value
            case 6:
                guard case .fixed32(let value) = field.value else { throw .wrongType(field: 6) }
                self.fixed32 = value
            case 7: self.inner.append(try ProtobufSample(reading: try field.bytes()))
            case 8: self.numbers.append(try field.uint64())
            case 16: self.list.append(try field.bytes().hex)
            case 2_048: self.signed = Int64(bitPattern: try field.uint64())
            case 536_870_911: self.last = try field.bytes().hex
            default: break
            }
        }
    }

    func write(to writer: inout ProtobufWriter) {
        if let number = self.number { writer.write(1, varint: number) }
        if let flag = self.flag { writer.write(2, bool: flag) }
        if let data = self.data { writer.write(3, bytes: Bytes(hex: data) ?? []) }
        if let text = self.text { writer.write(4, string: text) }
        if let fixed64 = self.fixed64 { writer.write(5, fixed64: fixed64) }
        if let fixed32 = self.fixed32 { writer.write(6, fixed32: fixed32) }
        for sample in self.inner { writer.write(7) { sample.write(to: &$0) } }
        for number in self.numbers { writer.write(8, varint: number) }
        for bytes in self.list { writer.write(16, bytes: Bytes(hex: bytes) ?? []) }
        if let signed = self.signed { writer.write(2_048, varint: UInt64(bitPattern: signed)) }
        if let last = self.last { writer.write(536_870_911, bytes: Bytes(hex: last) ?? []) }
    }

    var encoded: Bytes {
        var writer = ProtobufWriter()
        self.write(to: &writer)
        return writer.finish()
    }

    static func random(using generator: inout SeededGenerator, depth: Int = 0) -> ProtobufSample {
        func bits(_ count: UInt64) -> UInt64 {
            generator.next() >> (64 - UInt64.random(in: 1...count, using: &generator))
        }
        func hex() -> String { generator.bytes([0, 1, 5, 127, 128, 300].randomElement(using: &generator) ?? 0).hex }
        func maybe<Value>(_ value: Value) -> Value? { Int.random(in: 0..<10, using: &generator) < 7 ? value : nil }
        func times<Value>(_ most: Int, _ make: () -> Value) -> [Value] {
            (0..<Int.random(in: 0...most, using: &generator)).map { _ in make() }
        }
        var sample = ProtobufSample()
        sample.number = maybe(bits(64))
        sample.flag = maybe(Bool.random(using: &generator))
        sample.data = maybe(hex())
        sample.text = maybe(String(times(40) { "aé漢🐦\0".randomElement(using: &generator) ?? "a" }))
        sample.fixed64 = maybe(bits(64))
        sample.fixed32 = maybe(UInt32(truncatingIfNeeded: bits(32)))
        sample.numbers = times(4) { bits(64) }
        sample.list = times(4, hex)
        sample.signed = maybe(Int64(bitPattern: bits(64)))
        sample.last = maybe(hex())
        if depth < 3 { sample.inner = times(2) { .random(using: &generator, depth: depth + 1) } }
        return sample
    }
}
