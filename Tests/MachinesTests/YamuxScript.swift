import Bytes

@testable import Yamux

/// A dialer's side of a session in which every kind of frame and event occurs, for runs that are to be compared.
enum YamuxScript {
    /// A listener that has begun stream 2 and sent a ping of value 1.
    static func listener() throws -> YamuxEnd {
        var configuration = YamuxConfiguration()
        configuration.keepAliveInterval = .seconds(30)
        let end = YamuxEnd(.listener, configuration)
        _ = try end.session.openStream()
        _ = try end.session.handleDeadline(now: .zero)
        end.sendAll()
        return end
    }

    static let bytes: [UInt8] = [
        YamuxHeader.window(1, .syn, 100).wire,
        YamuxHeader.data(1, [], 30).with(payload: 30, of: 1),
        YamuxHeader.data(3, [.syn, .fin], 20).with(payload: 20, of: 3),
        YamuxHeader.data(1, [], 1).with(payload: 1, of: 2),
        YamuxHeader.data(2, .ack, 15).with(payload: 15, of: 4),
        YamuxHeader.ping(77).wire,
        YamuxHeader.window(2, [], 500).wire,
        YamuxHeader.data(3, [], 9).with(payload: 9, of: 5),
        YamuxHeader.data(5, .syn, 0).wire,
        YamuxHeader.data(99, [], 25).with(payload: 25, of: 6),
        YamuxHeader.data(1, .fin, 40).with(payload: 40, of: 7),
        YamuxHeader.ping(1, .ack).wire,
        YamuxHeader.window(5, .rst, 13).wire,
        YamuxHeader.data(5, [], 10).with(payload: 10, of: 8),
        YamuxHeader.window(2, .fin, 3).wire,
        YamuxHeader.window(7, [.syn, .rst]).wire,
        YamuxHeader.window(9, .syn).wire,
        YamuxHeader(type: .goAway).wire,
        YamuxHeader.data(9, [], 11).with(payload: 11, of: 9),
    ].flatMap { $0 }

    static func bytes(_ byte: UInt8, _ count: Int) -> [UInt8] { [UInt8](repeating: byte, count: count) }

    /// What the session reports of it where the application does nothing.
    static let heard: [YamuxHeard] = [
        .opened(1), .windowUpdated(1), .data(1, bytes(1, 30)),
        .opened(3), .data(3, bytes(3, 20)), .readClosed(3, finished: false),
        .data(1, [2]),
        .accepted(2), .data(2, bytes(4, 15)), .windowUpdated(2), .violated(3),
        .opened(5), .data(1, bytes(7, 40)), .readClosed(1, finished: false),
        .pong(.zero), .reset(5, code: 13), .windowUpdated(2), .readClosed(2, finished: false),
        .opened(9), .goAway(.normal), .data(9, bytes(9, 11)),
    ]

    /// What it has to send in the end: the pong and the end of stream 3.
    static let sent: [YamuxHeader] = [.ping(77, .ack), .window(3, .rst)]
}
