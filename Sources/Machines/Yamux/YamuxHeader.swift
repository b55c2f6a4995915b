public import Bytes

/// The 12 bytes before each Yamux frame's payload (Yamux specification, "Framing").
public struct YamuxHeader: Hashable, Sendable {
    public static let length = 12

    public enum FrameType: UInt8, Sendable {
        case data = 0
        case windowUpdate = 1
        case ping = 2
        case goAway = 3
    }

    public struct Flags: OptionSet, Hashable, Sendable {
        public let rawValue: UInt16
        @inlinable public init(rawValue: UInt16) { self.rawValue = rawValue }

        /// Begins a stream, or asks for a pong.
        public static let syn = Flags(rawValue: 1)
        /// Accepts a stream, or is a pong.
        public static let ack = Flags(rawValue: 2)
        /// The sender will send no more data on the stream.
        public static let fin = Flags(rawValue: 4)
        /// Ends the stream at once.
        public static let rst = Flags(rawValue: 8)
    }

    public var type: FrameType
    public var flags: Flags
    /// The stream's number; 0 is the session itself.
    public var stream: UInt32
    /// The payload's length, the window's growth, the ping's value or the reason of going away, by the type.
    public var value: UInt32

    public init(type: FrameType, flags: Flags = [], stream: UInt32 = 0, value: UInt32 = 0) {
        self.type = type
        self.flags = flags
        self.stream = stream
        self.value = value
    }

    /// Reads a header of which all 12 bytes are there.
    init(reading reader: inout BytesReader) throws(YamuxError) {
        do {
            let version = try reader.readUInt8()
            let type = try reader.readUInt8()
            let flags = try reader.readInteger(UInt16.self)
            let stream = try reader.readInteger(UInt32.self)
            let value = try reader.readInteger(UInt32.self)
            guard Defence.yamuxVersion.holds(version == 0) else { throw YamuxError.invalidVersion(version) }
            guard let type = FrameType(rawValue: type) else { throw YamuxError.invalidFrameType(type) }
            self.init(type: type, flags: Flags(rawValue: flags), stream: stream, value: value)
        } catch let error as YamuxError {
            throw error
        } catch {
            throw .incompleteHeader
        }
    }

    /// Writes the 12 bytes to `target`, which must have room for them.
    @inlinable public func write(to target: UnsafeMutableRawPointer) {
        let first =
            UInt64(self.type.rawValue) << 48 | UInt64(self.flags.rawValue) << 32 | UInt64(self.stream)
        target.storeBytes(of: first.bigEndian, as: UInt64.self)
        target.storeBytes(of: self.value.bigEndian, toByteOffset: 8, as: UInt32.self)
    }

    /// The header's 12 bytes.
    public var bytes: Bytes {
        Bytes(unsafeUninitializedCapacity: Self.length) { target in
            if let start = target.baseAddress { self.write(to: start) }
            return Self.length
        }
    }
}

/// Why a session ends, as a GoAway frame says it (Yamux specification, "Go Away").
public enum YamuxGoAwayCode: UInt32, Sendable {
    case normal = 0
    case protocolError = 1
    case internalError = 2
}
