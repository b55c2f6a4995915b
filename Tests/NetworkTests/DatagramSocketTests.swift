import Bytes
import Multiformats
import Testing

@testable import EventLoop

@Suite(.timeLimit(.minutes(1))) struct DatagramSocketTests {
    private struct Datagram: Hashable, Sendable {
        let bytes: [UInt8]
        let sender: SocketAddress
    }

    /// A socket on `loop`, and what it receives.
    private static func socket(
        _ loop: EventLoop, _ address: SocketAddress, largest: Int = 100,
        _ prepare: @escaping @Sendable (Socket) throws -> Void = { _ in }
    ) async throws -> (LoopBound<DatagramSocket>, AsyncStream<Datagram>, SocketAddress) {
        let (stream, continuation) = AsyncStream.makeStream(of: Datagram.self)
        let bound = try await loop.perform {
            let socket = try Socket.datagram(address.family)
            try socket.setOptions([.reuseAddress(true), .reusePort(true)])
            try socket.bind(to: address)
            try prepare(socket)
            let datagrams = try DatagramSocket(socket, on: loop, largest: largest) { bytes, sender in
                continuation.yield(Datagram(bytes: Array(bytes), sender: sender))
            }
            return LoopBound(datagrams, on: loop)
        }
        return (bound, stream, try #require(await loop.perform { bound.value.localAddress }))
    }

    private static func send(_ bytes: [UInt8], from socket: LoopBound<DatagramSocket>, to address: SocketAddress)
        async throws
    {
        try await socket.loop.perform { () throws(SocketError) in
            let result: Result<Void, SocketError> = bytes.withUnsafeBytes { bytes in
                Result { () throws(SocketError) in try socket.value.send(bytes, to: address) }
            }
            try result.get()
        }
    }

    @Test(arguments: ["127.0.0.1", "::1"])
    func `datagrams arrive whole with their sender, and those that are too long do not`(_ ip: String) async throws {
        let loop = EventLoop(index: 0)
        let address = try #require(SocketAddress(ip: ip, port: 0))
        let (sender, _, senderAddress) = try await Self.socket(loop, address)
        let (receiver, stream, receiverAddress) = try await Self.socket(loop, address)
        try await Self.send([UInt8](repeating: 1, count: 101), from: sender, to: receiverAddress)
        try await Self.send([UInt8](repeating: 2, count: 60_000), from: sender, to: receiverAddress)
        try await Self.send([UInt8](repeating: 3, count: 100), from: sender, to: receiverAddress)
        try await Self.send([], from: sender, to: receiverAddress)
        var datagrams = stream.makeAsyncIterator()
        #expect(
            await datagrams.next() == Datagram(bytes: [UInt8](repeating: 3, count: 100), sender: senderAddress))
        #expect(await datagrams.next() == Datagram(bytes: [], sender: senderAddress))
        await loop.perform {
            sender.value.close()
            receiver.value.close()
        }
        await loop.stop()
    }

    @Test func `more datagrams than a wake-up takes all arrive`() async throws {
        let loop = EventLoop(index: 0)
        let address = try #require(SocketAddress(ip: "127.0.0.1", port: 0))
        let (sender, _, _) = try await Self.socket(loop, address)
        let (receiver, stream, receiverAddress) = try await Self.socket(loop, address)
        let count = 3 * DatagramSocket.receivesPerWakeUp
        try await loop.perform {
            for number in 0..<count {
                try [UInt8(number)].withUnsafeBytes { try sender.value.send($0, to: receiverAddress) }
            }
        }
        var datagrams = stream.makeAsyncIterator()
        for number in 0..<count { #expect(await datagrams.next()?.bytes == [UInt8(number)]) }
        await loop.perform {
            sender.value.close()
            receiver.value.close()
        }
        await loop.stop()
    }

    @Test func `a port that nobody has makes no trouble`() async throws {
        let loop = EventLoop(index: 0)
        let address = try #require(SocketAddress(ip: "127.0.0.1", port: 0))
        let (gone, _, goneAddress) = try await Self.socket(loop, address)
        await loop.perform { gone.value.close() }
        let (sender, stream, senderAddress) = try await Self.socket(loop, address)
        for _ in 0..<3 { try? await Self.send([1], from: sender, to: goneAddress) }
        try await Self.send([2], from: sender, to: senderAddress)
        var datagrams = stream.makeAsyncIterator()
        #expect(await datagrams.next()?.bytes == [2])
        await loop.perform { sender.value.close() }
        await loop.stop()
    }

    @Test func `what is sent to a group reaches every socket that joined it, until it leaves`() async throws {
        let loop = EventLoop(index: 0)
        let loopback = try #require(NetworkInterface.all.first { $0.addresses.contains(.v4(.loopback)) })
        let index = try #require(NetworkInterface.index(named: loopback.name))
        let group = IPAddress.v4(IPv4Address(239, 255, 77, 1))
        let join: @Sendable (Socket) throws -> Void = { socket in
            try socket.setMulticast(.init(interface: index, hops: 1, loop: true), .ipv4)
            try socket.joinMulticast(group, interface: index)
        }
        let (one, first, address) = try await Self.socket(loop, SocketAddress(group, port: 0), join)
        let (two, second, _) = try await Self.socket(loop, SocketAddress(group, port: address.port), join)
        try await Self.send([7], from: one, to: address)
        var firstDatagrams = first.makeAsyncIterator()
        var secondDatagrams = second.makeAsyncIterator()
        #expect(await firstDatagrams.next()?.bytes == [7])
        #expect(await secondDatagrams.next()?.bytes == [7])
        await loop.perform { two.value.close() }
        try await Self.send([8], from: one, to: address)
        #expect(await firstDatagrams.next()?.bytes == [8])
        await loop.perform { one.value.close() }
        await loop.stop()
    }

    @Test func `a watcher of interfaces knows them, and can be closed`() async throws {
        let loop = EventLoop(index: 0)
        let interfaces = try await loop.perform {
            let watcher = try InterfaceWatcher(loop) { _ in }
            defer { watcher.close() }
            return watcher.interfaces
        }
        #expect(interfaces.contains { $0.addresses.contains(.v4(.loopback)) })
        await loop.stop()
    }
}
