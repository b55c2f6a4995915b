public import Multiformats
public import Transport

/// A number in memory that is listened on. It stops when it is closed, or dropped.
public final class MemoryListener: TransportListener {
    public let address: Multiaddr
    private let network: MemoryNetwork
    private let number: UInt64
    private let id: Int

    init(address: Multiaddr, network: MemoryNetwork, number: UInt64, id: Int) {
        self.address = address
        self.network = network
        self.number = number
        self.id = id
    }

    public func close() async {
        self.network.stop(self.number, id: self.id)
    }

    deinit { self.network.stop(self.number, id: self.id) }
}
