import Bytes
import Foundation
import Glibc
import MultistreamSelect
import Noise
import Yamux

@testable import ConnectionUpgrade

/// Holds one connection to a real peer, or from one, and keeps what the peer sent at each layer: the beginning of corpora.
///
/// What a relay between two others sees ends with the handshake, as everything behind it is sealed; so one of the two is
/// this. It runs the machines on a blocking socket, with the targets' fixed keys.
final class PeerRecorder {
    private let socket: Int32
    private let isDialer: Bool
    private let noise: NoiseFuzzEnd
    private var session: YamuxSession
    private var output: [YamuxStreamID: [UInt8]] = [:]
    private var listeners: [YamuxStreamID: MultistreamListener] = [:]

    /// What came in the clear before Noise, what came of Noise's handshake, and the plaintext behind it.
    private(set) var negotiation: [UInt8] = []
    private(set) var handshake: [UInt8] = []
    private(set) var plaintext: [UInt8] = []
    /// What came on the streams that we opened, behind the negotiation of their protocol.
    private(set) var streams: [[UInt8]] = []
    private var streamNumbers: [UInt32: Int] = [:]

    init(socket: Int32, isDialer: Bool) {
        self.socket = socket
        self.isDialer = isDialer
        self.noise = NoiseFuzzEnd(NoiseFixture.handshake(isDialer ? .initiator : .responder))
        self.session = YamuxSession(role: isDialer ? .dialer : .listener, now: .zero)
        var timeout = timeval(tv_sec: 1, tv_usec: 0)
        setsockopt(socket, SOL_SOCKET, SO_RCVTIMEO, &timeout, socklen_t(MemoryLayout<timeval>.size))
    }

    /// Connects to a port of this machine, or waits for a connection to it.
    static func socket(port: UInt16, isDialer: Bool) throws -> Int32 {
        let socket = Glibc.socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
        let size = socklen_t(MemoryLayout<sockaddr_in>.size)
        return try withUnsafePointer(to: address) { address in
            try address.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
                if isDialer {
                    guard connect(socket, address, size) == 0 else { throw CocoaError(.fileReadUnknown) }
                    return socket
                }
                var reuse: Int32 = 1
                setsockopt(socket, SOL_SOCKET, SO_REUSEADDR, &reuse, socklen_t(MemoryLayout<Int32>.size))
                guard bind(socket, address, size) == 0, listen(socket, 1) == 0 else {
                    throw CocoaError(.fileReadUnknown)
                }
                FileHandle.standardOutput.write(Data("listening\n".utf8))
                let accepted = accept(socket, nil, nil)
                guard accepted >= 0 else { throw CocoaError(.fileReadUnknown) }
                return accepted
            }
        }
    }

    /// Goes through the upgrade, opens a stream for each of `protocols` with its payload, and reads until the peer is quiet.
    func run(_ protocols: [(name: String, payload: [UInt8])]) throws {
        let early = try self.negotiate(UpgradeNegotiation.security)
        try self.shakeHands(early)
        if self.noise.streamMuxer == nil { try self.negotiateMuxer() }
        for (name, payload) in protocols {
            let id = try self.session.openStream()
            var dialer = try MultistreamDialer(protocols: [name])
            self.streamNumbers[id.number] = self.streams.count
            self.streams.append([])
            try self.write(id, (dialer.nextOutput().map { Array($0) } ?? []) + payload)
            self.session.closeWrite(id)
        }
        try self.serve(Bytes(self.plaintext))
        while let bytes = self.receive() {
            var opened: [UInt8] = []
            var reader = BytesReader(bytes)
            self.noise.receive(&reader) { opened += Array($0) }
            self.plaintext += opened
            try self.serve(Bytes(opened))
        }
    }

    private func receive() -> Bytes? {
        var buffer = [UInt8](repeating: 0, count: 1 << 16)
        let count = recv(self.socket, &buffer, buffer.count, 0)
        return count > 0 ? Bytes(buffer[..<count]) : nil
    }

    private func send(_ bytes: [UInt8]) {
        var sent = 0
        while sent < bytes.count {
            let count = bytes[sent...].withUnsafeBytes {
                Glibc.send(self.socket, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
            }
            guard count > 0 else { return }
            sent += count
        }
    }

    /// Agrees on a protocol in the clear; returns what came behind it.
    private func negotiate(_ protocolID: String) throws -> Bytes {
        var negotiation = try UpgradeNegotiation(protocolID, isDialer: self.isDialer)
        while true {
            var output: [UInt8] = []
            negotiation.appendOutput(to: &output)
            self.send(output)
            guard let bytes = self.receive() else { throw negotiation.errorAtEndOfInput }
            var reader = BytesReader(bytes)
            let isAgreed = try negotiation.receive(&reader)
            self.negotiation += Array(bytes[0..<reader.position])
            guard isAgreed else { continue }
            output = []
            negotiation.appendOutput(to: &output)
            self.send(output)
            return reader.readRest()
        }
    }

    private func shakeHands(_ early: Bytes) throws {
        var bytes: Bytes? = early
        while !self.noise.isSecured {
            if let message = self.noise.nextOutput() { self.send(Array(message)) }
            if bytes?.isEmpty != false { bytes = self.receive() }
            guard let arrived = bytes else { throw NoiseError.ended }
            bytes = nil
            self.handshake += Array(arrived)
            var reader = BytesReader(arrived)
            self.noise.receive(&reader) { self.plaintext += Array($0) }
            if let error = self.noise.error { throw error }
            if let message = self.noise.takeLastOutput() { self.send(Array(message)) }
        }
    }

    private func negotiateMuxer() throws {
        var muxer = try UpgradeNegotiation(UpgradeNegotiation.muxer, isDialer: self.isDialer)
        while true {
            var output: [UInt8] = []
            muxer.appendOutput(to: &output)
            self.sendSealed(output)
            var reader = BytesReader(Bytes(self.plaintext))
            let isAgreed = try muxer.receive(&reader)
            self.plaintext = Array(reader.readRest())
            output = []
            muxer.appendOutput(to: &output)
            self.sendSealed(output)
            if isAgreed { return }
            guard let bytes = self.receive() else { throw muxer.errorAtEndOfInput }
            reader = BytesReader(bytes)
            self.noise.receive(&reader) { self.plaintext += Array($0) }
        }
    }

    private func sendSealed(_ plaintext: [UInt8]) {
        guard !plaintext.isEmpty, let sealed = self.noise.seal(Bytes(plaintext)) else { return }
        self.send(Array(sealed))
    }

    // MARK: Streams

    private func write(_ id: YamuxStreamID, _ bytes: [UInt8]) throws {
        self.output[id, default: []] += bytes
        self.session.offerOutput(id, count: bytes.count)
    }

    private func serve(_ plaintext: Bytes) throws {
        var reader = BytesReader(plaintext)
        while let event = try self.session.next(&reader, now: .zero) {
            switch event {
            case .opened(let id): self.listeners[id] = MultistreamListener()
            case .data(let id, let range):
                if let place = self.streamNumbers[id.number] {
                    self.streams[place] += Array(plaintext[range])
                } else {
                    try self.answer(id, plaintext[range])
                }
                _ = self.session.consumed(id, count: range.count, now: .zero)
            case .readClosed(let id, _): self.session.closeWrite(id)
            default: break
            }
        }
        while let frame = self.session.nextFrame(maximumPayload: 32_768) {
            var bytes = Array(frame.header.bytes)
            if let id = frame.stream, frame.payload > 0 {
                bytes += self.output[id]?.prefix(frame.payload) ?? []
                self.output[id]?.removeFirst(frame.payload)
            }
            self.sendSealed(bytes)
        }
    }

    /// Accepts pings, which are echoed, and refuses the rest.
    private func answer(_ id: YamuxStreamID, _ bytes: Bytes) throws {
        guard var listener = self.listeners[id] else { return }
        var reader = BytesReader(bytes)
        let agreed = try listener.receive(&reader, accepts: { $0 == "/ipfs/ping/1.0.0" }, list: { [] })
        self.listeners[id] = listener
        try self.write(
            id, (listener.nextOutput().map { Array($0) } ?? []) + (agreed == nil ? [] : Array(reader.readRest())))
        self.listeners[id] = listener
    }
}
