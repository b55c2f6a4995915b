public import Bytes
import Multiformats

extension DNSMessage {
    /// Reads a message that anybody on the network may have sent.
    ///
    /// Records of the authority section are passed over, and what is behind the last record is not looked at.
    public init(reading bytes: Bytes) throws(DNSError) {
        guard bytes.count <= MDNSLimits.messageSize else { throw .messageTooLong }
        var reader = DNSReader(bytes)
        let id = try reader.integer(UInt16.self)
        let flags = try reader.integer(UInt16.self)
        // The operation and the result are to be 0 (RFC 6762, sections 18.3 and 18.11).
        guard flags & 0x780f == 0 else { throw .unsupportedMessage }
        let questions = Int(try reader.integer(UInt16.self))
        let answers = Int(try reader.integer(UInt16.self))
        let authorities = Int(try reader.integer(UInt16.self))
        let additionals = Int(try reader.integer(UInt16.self))
        guard questions <= Defence.dnsRecords.limit(MDNSLimits.questions),
            answers + authorities + additionals <= Defence.dnsRecords.limit(MDNSLimits.records)
        else {
            throw .tooManyRecords
        }
        self.init(isResponse: flags & 0x8000 != 0)
        self.id = id
        for _ in 0..<questions {
            let name = try reader.name()
            let type = DNSType(rawValue: try reader.integer(UInt16.self))
            let isInternet = Self.isInternet(try reader.integer(UInt16.self))
            if isInternet { self.questions.append(DNSQuestion(name, type)) }
        }
        for _ in 0..<answers { if let record = try reader.record() { self.answers.append(record) } }
        for _ in 0..<authorities { _ = try reader.record() }
        for _ in 0..<additionals { if let record = try reader.record() { self.additionals.append(record) } }
    }

    /// CLASS IN, or any class, without mDNS's bit in front (RFC 6762, sections 5.4 and 10.2).
    fileprivate static func isInternet(_ number: UInt16) -> Bool { [1, 255].contains(number & 0x7fff) }
}

/// A cursor over a DNS message whose names may point back.
private struct DNSReader {
    private let message: [UInt8]
    private var position = 0

    init(_ message: Bytes) { self.message = Array(message) }

    private func byte(at index: Int) throws(DNSError) -> UInt8 {
        guard index >= 0, index < self.message.count else { throw .truncated }
        return self.message[index]
    }

    mutating func integer<Integer: FixedWidthInteger>(_: Integer.Type) throws(DNSError) -> Integer {
        var value: Integer = 0
        for byte in try self.bytes(MemoryLayout<Integer>.size) { value = value << 8 | Integer(byte) }
        return value
    }

    mutating func bytes(_ count: Int) throws(DNSError) -> ArraySlice<UInt8> {
        guard count >= 0, count <= self.message.count - self.position else { throw .truncated }
        defer { self.position += count }
        return self.message[self.position..<self.position + count]
    }

    /// A name, whose end may be that of an earlier one. Each pointer leads in front of everything read for the name so far,
    /// so that there is no loop, and only so many are followed.
    mutating func name() throws(DNSError) -> DNSName {
        var wire: [UInt8] = []
        var cursor = self.position
        var lowest = self.position
        var pointers = 0
        while true {
            let length = try self.byte(at: cursor)
            switch length {
            case 0:
                if pointers == 0 { self.position = cursor + 1 }
                return DNSName(wire: wire)
            case 1...63:
                // A byte is left for the root.
                guard wire.count + 1 + Int(length) < DNSName.longestName else { throw .invalidName }
                guard cursor + Int(length) < self.message.count else { throw .truncated }
                wire.append(length)
                wire += self.message[(cursor + 1)...(cursor + Int(length))].map(DNSName.lowercase)
                cursor += 1 + Int(length)
            case 0xc0...0xff:
                let target = Int(length & 0x3f) << 8 | Int(try self.byte(at: cursor + 1))
                if pointers == 0 { self.position = cursor + 2 }
                pointers += 1
                guard Defence.dnsPointers.holds(target < lowest && pointers <= MDNSLimits.pointers) else {
                    throw .invalidPointer
                }
                lowest = target
                cursor = target
            default: throw .invalidName
            }
        }
    }

    /// One record; nil for one of another class.
    mutating func record() throws(DNSError) -> DNSRecord? {
        let name = try self.name()
        let type = DNSType(rawValue: try self.integer(UInt16.self))
        let dnsClass = try self.integer(UInt16.self)
        let timeToLive = try self.integer(UInt32.self)
        let length = Int(try self.integer(UInt16.self))
        guard length <= self.message.count - self.position else { throw .truncated }
        let end = self.position + length
        let content = try self.content(type, end: end)
        guard self.position <= end else { throw .invalidRecord }
        self.position = end
        guard DNSMessage.isInternet(dnsClass) else { return nil }
        return DNSRecord(name, isUnique: dnsClass & 0x8000 != 0, timeToLive: timeToLive, content)
    }

    private mutating func content(_ type: DNSType, end: Int) throws(DNSError) -> DNSRecord.Content {
        let length = end - self.position
        switch type {
        case .pointer: return .pointer(try self.name())
        case .service:
            let priority = try self.integer(UInt16.self)
            let weight = try self.integer(UInt16.self)
            return .service(
                priority: priority, weight: weight, port: try self.integer(UInt16.self), target: try self.name())
        case .address where length == 4, .address6 where length == 16:
            guard let ip = IPAddress(octets: try self.bytes(length)) else { throw .invalidRecord }
            return .address(ip)
        case .address, .address6: throw .invalidRecord
        case .text:
            var texts: [Bytes] = []
            while self.position < end {
                let count = Int(try self.integer(UInt8.self))
                guard count <= end - self.position else { throw .invalidRecord }
                texts.append(Bytes(try self.bytes(count)))
            }
            return .texts(texts)
        default: return .other(type, Bytes(try self.bytes(length)))
        }
    }
}
