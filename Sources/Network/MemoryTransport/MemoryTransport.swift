public import EventLoop
public import Multiformats
public import Transport

/// Connections within one process, to `/memory/…` addresses.
///
/// They are pairs of connected sockets, so that all above them runs as it does over TCP.
public final class MemoryTransport: Transport {
    private let network: MemoryNetwork

    /// Makes a transport that reaches the listeners of `network`, and whose own are found there.
    public init(_ network: MemoryNetwork) {
        self.network = network
    }

    public var route: ConnectionRoute { .memory }

    public func canDial(_ address: Multiaddr) -> Bool {
        Self.number(address).map { $0 != 0 } ?? false
    }

    public func canListen(on address: Multiaddr) -> Bool {
        Self.number(address) != nil && !address.contains(.p2p)
    }

    public func dial(_ address: Multiaddr, on loop: EventLoop, timeout: Duration) async throws -> RawLink {
        try Task.checkCancellation()
        guard let number = Self.number(address), number != 0 else {
            throw TransportError(.unsupportedAddress, "\(address) is not the address of a listener in memory")
        }
        guard let listener = self.network.listener(on: number) else {
            throw TransportError(.refused, "connect to /memory/\(number): nobody listens there")
        }
        let listened = try Multiaddr([.memory(number)])
        let dialled = try Multiaddr([.memory(self.network.freeNumber())])
        let ends: (dialer: Socket, listener: Socket)
        do {
            ends = try Socket.pair()
        } catch {
            throw TransportError(error)
        }
        let accepted = RawLink(
            descriptor: ends.listener.descriptor, loop: listener.loops.next(), localAddress: listened,
            remoteAddress: dialled, route: .memory)
        listener.loop.execute { [network] in
            // Where the listener has gone meanwhile the link is dropped, as a system does with what nobody accepted.
            if network.listener(on: number)?.id == listener.id { listener.accept(accepted) }
        }
        return RawLink(
            descriptor: ends.dialer.descriptor, loop: loop, localAddress: dialled, remoteAddress: listened,
            route: .memory)
    }

    public func listen(
        on address: Multiaddr, loops: EventLoopGroup, accept: @escaping @Sendable (RawLink) -> Void
    ) async throws -> any TransportListener {
        guard self.canListen(on: address), let number = Self.number(address) else {
            throw TransportError(.unsupportedAddress, "\(address) is not an address in memory to listen on")
        }
        guard let entry = self.network.listen(on: number, loops: loops, accept: accept) else {
            throw TransportError(.addressInUse, "listen on \(address): address already in use")
        }
        return MemoryListener(
            address: try Multiaddr([.memory(entry.number)]), network: self.network, number: entry.number, id: entry.id)
    }

    /// The number of a `/memory` address, at most with the peer behind it.
    private static func number(_ address: Multiaddr) -> UInt64? {
        guard let components = address.withoutPeerID?.components, components.count == 1,
            components[0].protocol == .memory
        else { return nil }
        return components[0].value.reduce(0) { $0 << 8 | UInt64($1) }
    }
}
