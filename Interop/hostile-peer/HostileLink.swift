import Apus
import Bytes
import Cryptography
import EventLoop
import Foundation
import Noise
import PeerIdentity

/// A connection of a peer that means harm, used by one thread: it goes by the rules up to where the flood begins.
final class HostileLink {
    /// How long the node may take to read or answer before the link is given up.
    private static let patience: Int32 = 5_000

    private let socket: Socket
    private let cipher: ChaChaPolyContext
    private var session: NoiseSession?
    private var buffer = [UInt8](repeating: 0, count: 65_536)
    private(set) var isOpen = true

    static let header = message("/multistream/1.0.0")

    /// Connects to `address`.
    init(_ address: SocketAddress) throws {
        self.cipher = try ChaChaPolyContext()
        self.socket = try Socket.stream(address.family)
        do {
            _ = try self.socket.connect(to: address)
            guard self.wait(for: Int16(POLLOUT)) else { throw FloodError.unreachable }
        } catch {
            self.close()
            throw error
        }
    }

    deinit { self.close() }

    func close() {
        guard self.isOpen else { return }
        self.isOpen = false
        self.socket.close()
    }

    private func wait(for events: Int16) -> Bool {
        var entry = pollfd(fd: self.socket.descriptor, events: events, revents: 0)
        return poll(&entry, 1, Self.patience) == 1 && entry.revents & Int16(POLLERR | POLLHUP) == 0
    }

    /// Sends all of it; false where the node has ended the connection, or reads no more.
    @discardableResult func send(_ bytes: [UInt8]) -> Bool {
        var sent = 0
        while self.isOpen, sent < bytes.count {
            switch bytes.withUnsafeBytes({ self.socket.send(UnsafeRawBufferPointer(rebasing: $0[sent...])) }) {
            case .bytes(let count): sent += count
            case .wouldBlock:
                // What the node sends must not keep it from reading.
                self.drain()
                if !self.wait(for: Int16(POLLOUT)) { self.close() }
            case .endOfStream, .failed: self.close()
            }
        }
        return self.isOpen
    }

    /// Throws away what came; false where the node has ended the connection.
    @discardableResult func drain() -> Bool {
        while self.isOpen {
            switch self.buffer.withUnsafeMutableBytes({ self.socket.receive(into: $0) }) {
            case .bytes: continue
            case .wouldBlock: return true
            case .endOfStream, .failed: self.close()
            }
        }
        return false
    }

    private func read(_ count: Int) throws -> [UInt8] {
        var bytes: [UInt8] = []
        while bytes.count < count {
            var part = [UInt8](repeating: 0, count: count - bytes.count)
            switch part.withUnsafeMutableBytes({ self.socket.receive(into: $0) }) {
            case .bytes(let read): bytes += part.prefix(read)
            case .wouldBlock: guard self.wait(for: Int16(POLLIN)) else { throw FloodError.refused }
            case .endOfStream, .failed: throw FloodError.refused
            }
        }
        return bytes
    }

    // MARK: The rules

    /// A multistream-select message.
    static func message(_ text: String) -> [UInt8] { [UInt8(text.utf8.count + 1)] + Array(text.utf8) + [0x0a] }

    /// Goes through multistream-select and Noise, with Yamux agreed on inside.
    func secure(_ identity: PrivateKey) throws {
        var random = SystemRandom()
        var handshake = try NoiseHandshake(
            role: .initiator, staticKey: NoiseStaticKey(identity: identity, using: &random),
            streamMuxers: ["/yamux/1.0.0"], context: self.cipher, using: &random)
        let agreement = Self.header + Self.message("/noise")
        guard self.send(agreement + (handshake.nextOutput().map { Array($0) } ?? [])) else { throw FloodError.refused }
        _ = try self.read(agreement.count)
        let length = try self.read(2)
        var reader = BytesReader(Bytes(length + (try self.read(Int(length[0]) << 8 | Int(length[1])))))
        _ = try handshake.receive(&reader)
        guard self.send(handshake.nextOutput().map { Array($0) } ?? []) else { throw FloodError.refused }
        self.session = handshake.finish()
    }

    /// Sends frames as Noise messages of at most 60,000 bytes.
    @discardableResult func sendFrames(_ frames: [UInt8]) throws -> Bool {
        var rest = frames[...]
        while self.isOpen, !rest.isEmpty {
            try self.send(self.sealed(Array(rest.prefix(60_000))))
            rest = rest.dropFirst(60_000)
        }
        return self.drain()
    }

    private func sealed(_ plaintext: [UInt8]) throws -> [UInt8] {
        let length = plaintext.count + 16
        var message = [UInt8](repeating: 0, count: length + 2)
        (message[0], message[1]) = (UInt8(length >> 8), UInt8(length & 0xff))
        try plaintext.withUnsafeBytes { plaintext in
            try message.withUnsafeMutableBytes { message in
                guard let base = message.baseAddress else { return }
                try self.session?.sending.seal(plaintext, into: base + 2, using: self.cipher)
            }
        }
        return message
    }
}

/// Why a link came to nothing.
enum FloodError: Error {
    case unreachable
    case refused
}
