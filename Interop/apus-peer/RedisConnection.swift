import Foundation

/// A blocking connection that speaks RESP, the protocol of redis (redis.io, "Redis serialization protocol").
struct RedisConnection: ~Copyable {
    /// What the server answers.
    enum Reply {
        case none
        case text(String)
        case integer(Int)
        case list([Reply])
    }

    /// The suites' values are addresses; their lists are pairs.
    private static let longestText = 1 << 20
    private static let longestList = 64

    /// SOCK_STREAM, whose type differs between systems.
    private static let streamSocket: Int32 = 1

    private let descriptor: Int32
    private var buffer: [UInt8] = []

    init(_ address: String) throws(CommandError) {
        let colon = address.lastIndex(of: ":") ?? address.endIndex
        let port = address[colon...].dropFirst()
        var hints = addrinfo()
        hints.ai_socktype = Self.streamSocket
        var found: UnsafeMutablePointer<addrinfo>?
        let code = getaddrinfo(String(address[..<colon]), port.isEmpty ? "6379" : String(port), &hints, &found)
        defer { if let found { freeaddrinfo(found) } }
        guard code == 0 else { throw CommandError("redis: \(address): \(String(cString: gai_strerror(code)))") }
        var reason = "no address"
        var next = found
        while let candidate = next {
            let info = candidate.pointee
            let descriptor = socket(info.ai_family, info.ai_socktype, info.ai_protocol)
            if descriptor >= 0 {
                if connect(descriptor, info.ai_addr, info.ai_addrlen) == 0 {
                    self.descriptor = descriptor
                    return
                }
                reason = String(cString: strerror(errno))
                close(descriptor)
            }
            next = info.ai_next
        }
        throw CommandError("redis: \(address): \(reason)")
    }

    deinit { close(self.descriptor) }

    /// Sends a command and waits for its answer.
    mutating func perform(_ command: [String]) throws(CommandError) -> Reply {
        var request = "*\(command.count)\r\n"
        for part in command { request += "$\(part.utf8.count)\r\n\(part)\r\n" }
        try self.send(Array(request.utf8)[...])
        return try self.readReply(depth: 0)
    }

    private func send(_ bytes: ArraySlice<UInt8>) throws(CommandError) {
        var rest = bytes
        while !rest.isEmpty {
            // The node's loops see to it that a broken pipe is an error of the write and no signal.
            let count = rest.withUnsafeBytes { write(self.descriptor, $0.baseAddress, $0.count) }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { throw CommandError("redis: \(String(cString: strerror(errno)))") }
            rest = rest.dropFirst(count)
        }
    }

    private mutating func readReply(depth: Int) throws(CommandError) -> Reply {
        let line = try self.readLine()
        let rest = line.dropFirst()
        switch line.first {
        case "+": return .text(String(rest))
        case "-": throw CommandError("redis: \(rest)")
        case ":": return .integer(Int(rest) ?? 0)
        case "$":
            guard let count = Int(rest), count >= 0 else { return .none }
            guard count <= Self.longestText else { throw CommandError("redis: an answer of \(count) bytes") }
            let bytes = try self.take(count + 2)
            return .text(String(decoding: bytes.dropLast(2), as: UTF8.self))
        case "*":
            guard let count = Int(rest), count >= 0 else { return .none }
            guard count <= Self.longestList, depth == 0 else { throw CommandError("redis: a list of \(count)") }
            var list: [Reply] = []
            for _ in 0..<count { list.append(try self.readReply(depth: depth + 1)) }
            return .list(list)
        default: throw CommandError("redis: it answers \"\(line)\"")
        }
    }

    private mutating func readLine() throws(CommandError) -> String {
        while true {
            if let end = self.buffer.firstIndex(of: UInt8(ascii: "\n")) {
                let line = String(decoding: try self.take(end + 1), as: UTF8.self)
                return line.trimmingCharacters(in: .newlines)
            }
            guard self.buffer.count <= Self.longestText else { throw CommandError("redis: a line without an end") }
            try self.fill()
        }
    }

    private mutating func take(_ count: Int) throws(CommandError) -> [UInt8] {
        while self.buffer.count < count { try self.fill() }
        defer { self.buffer.removeFirst(count) }
        return Array(self.buffer.prefix(count))
    }

    private mutating func fill() throws(CommandError) {
        var part = [UInt8](repeating: 0, count: 4_096)
        while true {
            let count = part.withUnsafeMutableBytes { read(self.descriptor, $0.baseAddress, $0.count) }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { throw CommandError("redis: it ended the connection") }
            self.buffer.append(contentsOf: part.prefix(count))
            return
        }
    }
}
