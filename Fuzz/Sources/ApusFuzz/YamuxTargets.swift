import Bytes
import Yamux

extension FuzzTarget {
    /// The input as a script for a session of a dialer: see `YamuxFuzzSession`.
    static let yamuxDialer = FuzzTarget(name: "yamux-dialer") { input in
        var session = YamuxFuzzSession(.dialer, script: input)
        session.run()
    } seeds: {
        let ping: [UInt8] = [0, 2, 1, 0, 0, 7]
        let exchange: [UInt8] = [3, 13, 0, 1, 2, 1, 0, 0, 4, 0, 4, 0, 13, 16, 0, 0, 1, 1, 0, 8, 0, 1, 0, 5, 0, 13]
        return [Bytes(exchange + ping + [13, 0, 1, 4, 1, 0, 0]), Bytes(ping + [15, 13, 12, 60, 15])] + rawFrames
    }

    /// The input as a script for a session of a listener.
    static let yamuxListener = FuzzTarget(name: "yamux-listener") { input in
        var session = YamuxFuzzSession(.listener, script: input)
        session.run()
    } seeds: {
        let accepted: [UInt8] = [0, 1, 1, 1, 0, 0, 13, 16, 0, 0, 1, 4, 0, 7, 0, 5, 0, 13, 12, 20, 15, 13]
        let refused: [UInt8] = (0..<6).flatMap { [0, 1, 1, UInt8(2 * $0 + 1), 0, 0] }
        // The whole window in one frame, of which the reader takes three parts and is sent one more.
        let full: [UInt8] = [16, 0, 17, 1, 0, 4]
        let taken = full + [13] + [8, 0, 255, 255, 8, 0, 255, 255, 8, 0, 255, 255, 13, 16, 0, 0, 1, 255, 255]
        let excess = full + [16, 0, 0, 1, 0, 1]
        return [
            Bytes(full), Bytes(excess), Bytes(taken), Bytes(accepted),
            Bytes(refused + [13, 6, 0, 6, 1, 13, 10, 0, 13]),
        ] + rawFrames
    }

    /// A ping and the beginning of a stream of either side, byte for byte.
    private static let rawFrames = [1, 2].map { (number: UInt32) in
        let frames = [
            YamuxHeader(type: .ping, flags: .syn, value: 9),
            YamuxHeader(type: .windowUpdate, flags: .syn, stream: number),
        ]
        return Bytes([2, UInt8(frames.count * YamuxHeader.length)] + frames.flatMap { Array($0.bytes) } + [13])
    }
}
