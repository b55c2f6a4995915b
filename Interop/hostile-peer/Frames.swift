/// Frames of Yamux as a flood wants them, by the rules or not.
enum Frames {
    static let synchronize: UInt16 = 1
    static let acknowledge: UInt16 = 2
    static let finish: UInt16 = 4
    static let reset: UInt16 = 8

    static func data(_ stream: UInt32, flags: UInt16 = 0, _ payload: [UInt8]) -> [UInt8] {
        self.frame(0, flags: flags, stream, UInt32(payload.count)) + payload
    }

    static func window(_ stream: UInt32, flags: UInt16 = 0, _ delta: UInt32 = 0) -> [UInt8] {
        self.frame(1, flags: flags, stream, delta)
    }

    static func ping(_ value: UInt32) -> [UInt8] { self.frame(2, flags: self.synchronize, 0, value) }

    static func goAway() -> [UInt8] { self.frame(3, flags: 0, 0, 0) }

    /// A stream that agrees on a protocol, as one that is in order begins.
    static func begin(_ stream: UInt32, _ name: String) -> [UInt8] {
        self.window(stream, flags: self.synchronize)
            + self.data(stream, HostileLink.header + HostileLink.message(name))
    }

    private static func frame(_ type: UInt8, flags: UInt16, _ stream: UInt32, _ value: UInt32) -> [UInt8] {
        [0, type, UInt8(flags >> 8), UInt8(flags & 0xff)] + self.bigEndian(stream) + self.bigEndian(value)
    }

    private static func bigEndian(_ value: UInt32) -> [UInt8] {
        [UInt8(value >> 24), UInt8(value >> 16 & 0xff), UInt8(value >> 8 & 0xff), UInt8(value & 0xff)]
    }
}
