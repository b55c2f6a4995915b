import EventLoop
import MulticastDNS
import Multiformats
import Telemetry
import Transport

/// The sockets of mDNS, one for each link, confined to a loop.
final class MDNSSockets {
    /// Datagrams go by one hop only whatever this says, and 255 is asked for (RFC 6762, section 11).
    private static let hops: UInt8 = 255
    private static let log = Log("mdns")

    private let loop: EventLoop
    private let port: UInt16
    private let resources: any ResourceScope
    private var sockets: [(link: MDNSLink, socket: DatagramSocket)] = []
    private var handler: ((UnsafeRawBufferPointer, SocketAddress, MDNSLink) -> Void)?

    init(
        _ loop: EventLoop, port: UInt16, resources: any ResourceScope,
        handler: @escaping (UnsafeRawBufferPointer, SocketAddress, MDNSLink) -> Void
    ) {
        self.loop = loop
        self.port = port
        self.resources = resources
        self.handler = handler
    }

    /// The links that have a socket.
    var links: [MDNSLink] { self.sockets.map(\.link) }

    /// Opens and closes sockets until there is one for each of `wanted`, as far as the system and the limits allow.
    func update(_ wanted: [MDNSLink]) {
        for (link, socket) in self.sockets where !wanted.contains(where: { Self.isSamePlace($0, link) }) {
            self.close(socket)
        }
        self.sockets = wanted.compactMap { link in
            if let known = self.sockets.first(where: { Self.isSamePlace($0.link, link) }) {
                return (link, known.socket)
            }
            do {
                return (link, try self.open(link))
            } catch {
                Self.log.debug(
                    "mDNS is not spoken on an interface",
                    ["interface": link.interface, "ipv6": link.isIPv6, "reason": "\(error)"])
                return nil
            }
        }
    }

    private static func isSamePlace(_ one: MDNSLink, _ other: MDNSLink) -> Bool {
        one.interface == other.interface && one.isIPv6 == other.isIPv6
    }

    private func open(_ link: MDNSLink) throws -> DatagramSocket {
        try self.resources.reserve(.fileDescriptor)
        do {
            return try DatagramSocket(self.bound(link), on: self.loop, largest: MDNSLimits.messageSize) {
                [unowned self] bytes, sender in
                self.handler?(bytes, sender, link)
            }
        } catch {
            self.resources.release(.fileDescriptor)
            throw error
        }
    }

    /// A socket bound to the group itself, so that nothing comes in but what routers do not forward (RFC 6762, section 11),
    /// and so that other programs of the host may have the port, too.
    private func bound(_ link: MDNSLink) throws(SocketError) -> Socket {
        let socket = try Socket.datagram(link.isIPv6 ? .ipv6 : .ipv4)
        do {
            try socket.setOptions([.reuseAddress(true), .reusePort(true)])
            if link.isIPv6 { try socket.setOption(.ipv6Only(true)) }
            try socket.bind(to: self.group(of: link))
            try socket.setMulticast(
                .init(interface: link.interface, hops: Self.hops, loop: true), link.isIPv6 ? .ipv6 : .ipv4)
            try socket.joinMulticast(MDNSLink.group(isIPv6: link.isIPv6), interface: link.interface)
            return socket
        } catch {
            socket.close()
            throw error
        }
    }

    private func group(of link: MDNSLink) -> SocketAddress {
        SocketAddress(
            MDNSLink.group(isIPv6: link.isIPv6), port: self.port, scope: link.isIPv6 ? link.interface : 0)
    }

    /// Sends to the group of the link; what the system does not take is lost, and said again later.
    func send(_ bytes: UnsafeRawBufferPointer, on link: MDNSLink) {
        guard let socket = self.sockets.first(where: { Self.isSamePlace($0.link, link) })?.socket else { return }
        do {
            try socket.send(bytes, to: self.group(of: link))
        } catch {
            Self.log.debug("an mDNS message was not sent", ["interface": link.interface, "reason": error])
        }
    }

    private func close(_ socket: DatagramSocket) {
        socket.close()
        self.resources.release(.fileDescriptor)
    }

    /// Closes all.
    func close() {
        for (_, socket) in self.sockets { self.close(socket) }
        self.sockets = []
        self.handler = nil
    }
}
