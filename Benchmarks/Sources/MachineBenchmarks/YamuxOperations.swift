import Bytes
import Yamux

/// Frames of a session that are laid out and read, without any byte of payload moved.
enum YamuxOperations {
    static let all: [(name: String, run: @Sendable (Int) throws -> Void)] = [
        ("yamux-encode", { try Self.encode($0) }),
        ("yamux-decode-64k", { try Self.decode($0, payload: 65_507) }),
        ("yamux-decode-64", { try Self.decode($0, payload: 64) }),
        ("yamux-stream", { try Self.openAndClose($0) }),
    ]

    private static let start = Instant.zero
    /// The peer is taken to have granted this much at most before it grants again.
    private static let grant = 1 << 24

    /// Data frames of one stream, with the peer's window updates between them.
    private static func encode(_ count: Int) throws {
        var session = YamuxSession(role: .dialer, now: Self.start)
        let id = try session.openStream()
        let update = YamuxHeader(type: .windowUpdate, stream: id.number, value: UInt32(Self.grant)).bytes
        var credit = YamuxConfiguration.initialWindow
        for _ in 0..<count {
            if credit < 65_507 {
                var reader = BytesReader(update)
                while try session.next(&reader, now: Self.start) != nil {}
                credit += Self.grant
            }
            session.offerOutput(id, count: 65_507)
            while let frame = session.nextFrame(maximumPayload: 65_507) { credit -= frame.payload }
        }
    }

    /// Data frames of one stream, consumed as they come.
    private static func decode(_ count: Int, payload: Int) throws {
        var session = YamuxSession(role: .listener, now: Self.start)
        var begin = BytesReader(YamuxHeader(type: .windowUpdate, flags: .syn, stream: 1).bytes)
        while try session.next(&begin, now: Self.start) != nil {}
        let header = YamuxHeader(type: .data, stream: 1, value: UInt32(payload)).bytes
        let frame = Bytes(header.withUnsafeBytes { Array($0) } + [UInt8](repeating: 0, count: payload))
        for _ in 0..<count {
            var reader = BytesReader(frame)
            while let event = try session.next(&reader, now: Self.start) {
                guard case .data(let id, let range) = event else { continue }
                _ = session.consumed(id, count: range.count, now: Self.start)
            }
            while session.nextFrame(maximumPayload: 65_507) != nil {}
        }
    }

    /// Streams that are opened, answered and closed on both sides.
    private static func openAndClose(_ count: Int) throws {
        var dialer = YamuxSession(role: .dialer, now: Self.start)
        var listener = YamuxSession(role: .listener, now: Self.start)
        for _ in 0..<count {
            let id = try dialer.openStream()
            dialer.closeWrite(id)
            try Self.move(from: &dialer, to: &listener)
            for opened in listener.openStreams { listener.closeWrite(opened) }
            try Self.move(from: &listener, to: &dialer)
        }
    }

    private static func move(from sender: inout YamuxSession, to receiver: inout YamuxSession) throws {
        while let frame = sender.nextFrame(maximumPayload: 65_507) {
            var reader = BytesReader(frame.header.bytes)
            while try receiver.next(&reader, now: Self.start) != nil {}
        }
    }
}
