public import Bytes
import Multiformats

extension DNSMessage {
    /// The message as it is sent. No name is compressed: what is said here fits without.
    ///
    /// Strings of TXT records are cut to the 255 bytes that one may have.
    public var bytes: Bytes {
        var writer = BytesWriter(reserving: 512)
        writer.writeInteger(self.id)
        // A response is authoritative (RFC 6762, section 18.4).
        writer.writeInteger(UInt16(self.isResponse ? 0x8400 : 0))
        for count in [self.questions.count, self.answers.count, 0, self.additionals.count] {
            writer.writeInteger(UInt16(clamping: count))
        }
        for question in self.questions.prefix(Int(UInt16.max)) {
            writer.write(question.name)
            writer.writeInteger(question.type.rawValue)
            writer.writeInteger(UInt16(1))
        }
        for record in self.answers.prefix(Int(UInt16.max)) { writer.write(record) }
        for record in self.additionals.prefix(Int(UInt16.max)) { writer.write(record) }
        return writer.finish()
    }
}

extension BytesWriter {
    fileprivate mutating func write(_ name: DNSName) {
        self.write(name.wire)
        self.write(0)
    }

    fileprivate mutating func write(_ record: DNSRecord) {
        self.write(record.name)
        self.writeInteger(record.type.rawValue)
        self.writeInteger(UInt16(record.isUnique ? 0x8001 : 1))
        self.writeInteger(record.timeToLive)
        var data = BytesWriter()
        switch record.content {
        case .pointer(let name): data.write(name)
        case .texts(let texts):
            for text in texts {
                data.write(UInt8(clamping: text.count))
                data.write(text.prefix(MDNSLimits.textSize))
            }
        case .service(let priority, let weight, let port, let target):
            for number in [priority, weight, port] { data.writeInteger(number) }
            data.write(target)
        case .address(let ip): data.write(ip.octets)
        case .other(_, let bytes): data.write(bytes)
        }
        let bytes = data.bytes.prefix(Int(UInt16.max))
        self.writeInteger(UInt16(clamping: bytes.count))
        self.write(bytes)
    }
}

extension DNSRecord {
    /// The type of what the record says.
    public var type: DNSType {
        switch self.content {
        case .pointer: .pointer
        case .texts: .text
        case .service: .service
        case .address(.v4): .address
        case .address(.v6): .address6
        case .other(let type, _): type
        }
    }
}
