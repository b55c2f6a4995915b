import Bytes
import Foundation

/// What a real peer sent, as inputs of the targets.
enum RecordedSeeds {
    /// Records a connection to `port`, or from a peer that dials it, into `directory/TARGET/NAME`.
    static func record(port: UInt16, isDialer: Bool, name: String, to directory: URL) throws {
        let recorder = PeerRecorder(socket: try PeerRecorder.socket(port: port, isDialer: isDialer), isDialer: isDialer)
        let ping = [UInt8](repeating: 7, count: 32)
        let echo = [UInt8](repeating: 9, count: 300)
        try recorder.run([("/ipfs/id/1.0.0", []), ("/ipfs/ping/1.0.0", ping), ("/echo/1.0.0", echo)])
        let side = isDialer ? "dialer" : "listener"
        var seeds: [(String, [UInt8])] = [
            ("multistream-\(side)", recorder.negotiation),
            (isDialer ? "noise-initiator" : "noise-responder", recorder.handshake),
            ("yamux-\(side)", Self.yamuxScript(recorder.plaintext)),
            ("yamux-session", Self.sessionScript(recorder.plaintext, isDialer: isDialer)),
            ("upgrade-session", Self.upgradeScript(recorder.plaintext, isDialer: isDialer)),
        ]
        // The length of what is behind the negotiation, of 20 and 16 bytes, is the answer to identify.
        if let identify = recorder.streams.first, identify.count > 36 {
            seeds.append(("identify", Array(identify[36...])))
        }
        for (target, bytes) in seeds where !bytes.isEmpty {
            let folder = directory.appendingPathComponent(target, isDirectory: true)
            try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
            try Data(bytes).write(to: folder.appendingPathComponent(name))
        }
    }

    private static func pieces(_ plaintext: [UInt8], _ size: Int) -> [[UInt8]] {
        let most = plaintext.prefix(3_000)
        return stride(from: 0, to: most.count, by: size).map { Array(most[$0..<min($0 + size, most.count)]) }
    }

    /// For `YamuxFuzzSession`: three streams are opened, and then the peer's bytes come.
    private static func yamuxScript(_ plaintext: [UInt8]) -> [UInt8] {
        var script: [UInt8] = [3, 3, 3, 13]
        for piece in Self.pieces(plaintext, 255) {
            script += [2, UInt8(piece.count)]
            script += piece
            script.append(13)
        }
        return script
    }

    /// For `YamuxSessionRun`: the peer's bytes are put on the empty way from an end that sends nothing of its own.
    private static func sessionScript(_ plaintext: [UInt8], isDialer: Bool) -> [UInt8] {
        let (end, peer): (UInt8, UInt8) = isDialer ? (0, 128) : (128, 0)
        let opened: [UInt8] = [end, end, end, end + 11, 15]
        var script: [UInt8] = [0] + opened
        for piece in Self.pieces(plaintext, 255) {
            script += [peer + 14, 4, 0, 0, UInt8(piece.count)]
            script += piece
            script += [end + 13, 255, 255, end + 11, 15]
        }
        return script
    }

    /// For `UpgradeSessionRun`: the peer puts its bytes in front of what it seals.
    private static func upgradeScript(_ plaintext: [UInt8], isDialer: Bool) -> [UInt8] {
        let (end, peer): (UInt8, UInt8) = isDialer ? (0, 128) : (128, 0)
        let upgrade: [UInt8] = [11, 1, 141, 255, 255, 139, 1, 13, 255, 255, 11, 1, 141, 255, 255]
        var script: [UInt8] = [0] + upgrade
        script += [end, end, end, end + 11, 15]
        for piece in Self.pieces(plaintext, 255) {
            script += [peer + 15, 4, 0, 0, UInt8(piece.count)]
            script += piece
            script += [peer + 11, 0, end + 13, 255, 255]
        }
        return script
    }
}
