import Bytes
import ConnectionUpgrade
import EventLoop
public import Multiformats
import PeerIdentity
import Transport

extension Swarm {
    /// Listens on `address`; returns the address as it came out, with the port that the system chose.
    ///
    /// Throws `TransportError`.
    @discardableResult
    public func listen(on address: Multiaddr) async throws -> Multiaddr {
        guard let transport = self.transports.first(where: { $0.canListen(on: address) }) else {
            throw TransportError(.unsupportedAddress, "no transport of this node can listen on \(address)")
        }
        let listener = try await self.chargedListener(on: address, by: transport)
        let isEntered = self.listeners.withLock { listeners in
            guard !listeners.isClosed else { return false }
            listeners.all.append(listener)
            return true
        }
        guard isEntered else {
            await self.end(listener)
            throw TransportError(.failed, "listen on \(address): this node is closing")
        }
        if listener.address.isWildcard { await self.followInterfaces() }
        self.tellListenAddresses()
        self.hooks.protocolsChanged()
        return listener.address
    }

    /// A listener whose socket is charged to the node; `end` gives it back.
    private func chargedListener(on address: Multiaddr, by transport: any Transport) async throws
        -> any TransportListener
    {
        do {
            try self.resources.reserve(.fileDescriptor)
        } catch {
            throw TransportError(.failed, "listen on \(address): \(error)")
        }
        do {
            return try await transport.listen(on: address, loops: self.loops) { [weak self] link in
                self?.accept(link)
            }
        } catch {
            self.resources.release(.fileDescriptor)
            throw error
        }
    }

    /// Stops a listener of this node and gives its socket back.
    func end(_ listener: any TransportListener) async {
        await listener.close()
        self.resources.release(.fileDescriptor)
    }

    /// The addresses that are listened on, as they came out; an unspecified one stands for every interface.
    public var boundAddresses: [Multiaddr] { self.listeners.withLock { $0.all.map(\.address) } }

    /// The addresses at which this node can be dialled from its own machine and networks, without its `/p2p`.
    public var listenAddresses: [Multiaddr] {
        ListenAddresses.expand(self.boundAddresses)
    }

    /// `addresses`, each with the node's own `/p2p` behind it.
    public func withPeer(_ addresses: [Multiaddr]) -> [Multiaddr] {
        addresses.compactMap { try? $0.appending(self.localPeer) }
    }

    private func accept(_ link: RawLink) {
        guard let upgrader = self.upgrader else { return }
        let remoteAddress = link.remoteAddress
        // The link closes its socket when it is dropped.
        guard self.refusal(accepting: remoteAddress) == nil else { return }
        upgrader.upgrade(link, direction: .inbound, expectedPeer: nil) { result in
            switch result {
            case .success(let connection): _ = self.register(connection)
            // The access list's word was told when it was said.
            case .failure(.denied): return
            case .failure(let error):
                SwarmMetrics.inboundFailed(from: remoteAddress, label: error.label, reason: "\(error)")
                self.events.send(.inboundFailed(remoteAddress: remoteAddress, UpgradeFailure("\(error)")))
            }
        }
    }
}
