public import Multiformats

extension SocketAddress {
    /// The address of this host from which the system would reach this one, or nil where no route leads there.
    ///
    /// The system says it of a datagram socket that is connected, which sends nothing.
    public var sourceToReach: IPAddress? {
        guard self.family != .unix else { return nil }
        let socket = Socket(descriptor: SystemCalls.openDatagram(self.family.domain))
        guard socket.descriptor >= 0 else { return nil }
        defer { socket.close() }
        guard (try? socket.connect(to: self)) != nil else { return nil }
        return socket.localAddress?.ip
    }
}
