import Bytes
import EventLoop
import Foundation
import Multiformats
import Testing

#if canImport(Glibc)
    import Glibc
#endif

/// Sends SIGUSR1 to this process.
func sendUserSignal() { kill(getpid(), SIGUSR1) }

@Suite struct EventLoopSocketTests {
    // MARK: Addresses

    @Test(arguments: [
        ("127.0.0.1", "127.0.0.1:4001"), ("::1", "[::1]:4001"), ("0:0:0:0:0:0:0:0", "[::]:4001"),
        ("2001:DB8::00:1", "[2001:db8::1]:4001"), ("255.255.255.255", "255.255.255.255:4001"),
        ("::ffff:1.2.3.4", "[::ffff:1.2.3.4]:4001"),
    ])
    func `an address of a text has its usual text`(text: String, description: String) throws {
        let address = try #require(SocketAddress(ip: text, port: 4001))
        #expect(address.description == description)
        let ip = try #require(address.ip)
        #expect(SocketAddress(ip: ip.octets, port: 4001) == address)
        #expect(ip.octets.count == (address.family == .ipv4 ? 4 : 16))
    }

    @Test func `a scope belongs to an IPv6 address`() {
        #expect(SocketAddress(ip: "fe80::1", port: 1, scope: 2)?.description == "[fe80::1%2]:1")
        #expect(SocketAddress(ip: "10.0.0.1", port: 1, scope: 2)?.scope == 0)
    }

    @Test func `a path of a Unix socket has a greatest length`() {
        #expect(SocketAddress(unixPath: String(repeating: "a", count: SocketAddress.longestUnixPath)) != nil)
        #expect(SocketAddress(unixPath: String(repeating: "a", count: SocketAddress.longestUnixPath + 1)) == nil)
        #expect(SocketAddress(unixPath: "") == nil)
        #expect(SocketAddress(unixPath: "a\0b") == nil)
    }

    // MARK: Connections

    @Test(arguments: ["127.0.0.1", "::1"])
    func `bytes go both ways over TCP, and the ends know their addresses`(host: String) throws {
        let listener = try Socket.stream(host == "::1" ? .ipv6 : .ipv4)
        defer { listener.close() }
        try listener.setOptions([.reuseAddress(true), .reusePort(true)])
        if host == "::1" { try listener.setOption(.ipv6Only(true)) }
        try listener.bind(to: #require(SocketAddress(ip: host, port: 0)))
        try listener.listen()
        #expect(listener.accept() == .wouldBlock)
        let address = try #require(listener.localAddress)
        #expect(address.port != 0)

        let client = try Socket.stream(address.family)
        defer { client.close() }
        #expect(client.peerAddress == nil)
        _ = try client.connect(to: address)
        guard case .accepted(let server, let from) = listener.accept() else {
            Issue.record("no connection was accepted")
            return
        }
        defer { server.close() }
        #expect(from == client.localAddress)
        #expect(client.peerAddress == address)
        for socket in [client, server] {
            try socket.setOptions([
                .noDelay(true), .unsentLowWater(bytes: 128 << 10), .userTimeout(.seconds(30)),
                .keepAlive(idle: .seconds(60), interval: .seconds(10), probes: 3), .sendBuffer(bytes: 1 << 16),
                .receiveBuffer(bytes: 1 << 16),
            ])
        }

        var buffer = [UInt8](repeating: 0, count: 16)
        #expect(buffer.withUnsafeMutableBytes { server.receive(into: $0) } == .wouldBlock)
        #expect(client.send(text: "hello, peer") == .bytes(11))
        let result = buffer.withUnsafeMutableBytes { memory in
            server.receiveVectored(
                into: UnsafeMutableRawBufferPointer(rebasing: memory[..<5]),
                and: UnsafeMutableRawBufferPointer(rebasing: memory[8...]))
        }
        #expect(result == .bytes(11))
        #expect(String(decoding: buffer[..<5], as: UTF8.self) == "hello")
        #expect(String(decoding: buffer[8..<14], as: UTF8.self) == ", peer")
        #expect(server.send(text: "hi") == .bytes(2))
        #expect(buffer.withUnsafeMutableBytes { client.receive(into: $0) } == .bytes(2))

        try client.shutdownWrite()
        #expect(buffer.withUnsafeMutableBytes { server.receive(into: $0) } == .endOfStream)
        #expect(server.send(text: "late") == .bytes(4))
        #expect(buffer.withUnsafeMutableBytes { client.receive(into: $0) } == .bytes(4))
    }

    @Test func `a send that the system refuses would block, and takes up again`() throws {
        let (ours, theirs) = try Socket.pair()
        let block = [UInt8](repeating: 7, count: 1 << 16)
        var sent = 0
        while case .bytes(let count) = block.withUnsafeBytes({ ours.send($0) }) { sent += count }
        #expect(sent > 0)
        #expect(ours.send(text: "x") == .wouldBlock)
        var buffer = block
        var received = 0
        while case .bytes(let count) = buffer.withUnsafeMutableBytes({ theirs.receive(into: $0) }) { received += count }
        #expect(received == sent)
        #expect(ours.send(text: "x") == .bytes(1))
        ours.close()
        theirs.close()
    }

    @Test func `to write to a peer that has gone is an error, not the end of the process`() throws {
        let (ours, theirs) = try Socket.pair()
        theirs.close()
        #expect(ours.send(text: "x") == .failed(EPIPE))
        ours.close()
    }

    @Test func `errors are plain sentences`() throws {
        let listener = try Socket.stream(.ipv4)
        defer { listener.close() }
        try listener.bind(to: #require(SocketAddress(ip: "127.0.0.1", port: 0)))
        try listener.listen()
        let address = try #require(listener.localAddress)
        let second = try Socket.stream(.ipv4)
        defer { second.close() }
        let inUse = #expect(throws: SocketError.self) { try second.bind(to: address) }
        #expect(inUse?.description == "bind to \(address): address already in use")
        #expect(inUse?.code == EADDRINUSE)
        let closed = #expect(throws: SocketError.self) { try Socket(descriptor: -1).setOption(.noDelay(true)) }
        #expect(closed?.description == "set an option of a socket: bad file descriptor")
        #expect(SocketError(operation: .send, code: EPIPE).description == "send to a peer: broken pipe")
        #expect(SocketError(operation: .poll, code: 9999).description == "watch a socket: unknown error 9999")
    }

    @Test func `Unix sockets connect by their path`() throws {
        let path = "\(NSTemporaryDirectory())/apus-\(UUID().uuidString.prefix(8))"
        defer { unlink(path) }
        let address = try #require(SocketAddress(unixPath: path))
        let listener = try Socket.stream(.unix)
        defer { listener.close() }
        try listener.bind(to: address)
        try listener.listen()
        #expect(listener.localAddress == address)
        let client = try Socket.stream(.unix)
        defer { client.close() }
        #expect(try client.connect(to: address) == .connected)
        guard case .accepted(let server, let from) = listener.accept() else {
            Issue.record("no connection was accepted")
            return
        }
        #expect(from == nil)
        server.close()
    }

    @Test func `the limit of open files is raised to the hard limit`() throws {
        let raised = try OpenFileLimit.raise()
        #expect(raised > 0)
        #expect(try OpenFileLimit.current() == raised)
    }
}
