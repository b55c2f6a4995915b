import MemoryTransport
package import Multiformats
import SOCKSTransport
import TCPTransport
import Transport

extension NodeConfiguration {
    /// The transports of the node, in the order in which an address is offered to them.
    var transports: [any Transport] {
        var transports: [any Transport] = [TCPTransport(self.tcp)]
        // In front, as it takes some of TCP's addresses or all of them.
        if let socks = self.socks { transports.insert(SOCKSTransport(socks, tcp: self.tcp), at: 0) }
        if let network = self.memoryNetwork { transports.append(MemoryTransport(network)) }
        return transports
    }

    /// The first address to listen on that no transport of the node has; nil where each has one.
    package var unlistenableAddress: Multiaddr? {
        let transports = self.transports
        return self.listen.first { address in !transports.contains { $0.canListen(on: address) } }
    }
}
