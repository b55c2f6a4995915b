import Bytes
import EventLoop
import MulticastDNS
import Multiformats
import PeerIdentity
public import Swarm
import Telemetry
import Transport

/// Finds peers on the local networks by multicast DNS, and lets them find this node (libp2p discovery/mdns.md).
///
/// What it finds is noted as the peer's addresses, told as `NodeEvent.discovered`, and connected to where the configuration
/// says so. Whoever makes a service keeps it: the swarm does not.
public final class MDNSService: Sendable {
    private static let log = Log("mdns")
    /// How long a dial of a discovered peer may take; it is on the same network.
    private static let dialTimeout: Duration = .seconds(15)

    private let swarm: Swarm
    private let configuration: MDNSConfiguration
    private let loop: EventLoop
    private let tasks = TaskSet()
    private let state = Locked(State())

    private struct State {
        var endpoint: LoopBound<MDNSEndpoint>?
        var isChanged = false
        var isStopped = false
    }

    /// A service that is silent until `start`.
    public init(swarm: Swarm, configuration: MDNSConfiguration = .init()) {
        self.swarm = swarm
        self.configuration = configuration
        self.loop = swarm.loops.next()
        swarm.hooks.onChanged { [weak self] in self?.addressesMayHaveChanged() }
    }

    /// Begins to ask and to answer, on every interface that takes it; what does not work is logged.
    public func start() async {
        let isFirst = await self.loop.perform {
            let endpoint = MDNSEndpoint(
                self.loop, peer: self.swarm.localPeer, configuration: self.configuration,
                resources: self.swarm.resources,
                discovered: { [weak self] in self?.discovered($0, at: $1) },
                dial: { [weak self] in self?.dial($0) })
            let bound = LoopBound(endpoint, on: self.loop)
            let isFirst = self.state.withLock { state in
                guard state.endpoint == nil, !state.isStopped else { return false }
                state.endpoint = bound
                return true
            }
            if isFirst { endpoint.start(addresses: self.swarm.locallyAnnouncedAddresses) }
            return isFirst
        }
        if !isFirst { Self.log.debug("mDNS was started before, or is stopped") }
    }

    /// Takes back what was said on the networks, and ends.
    public func stop() async {
        let endpoint = self.state.withLock { state in
            state.isStopped = true
            defer { state.endpoint = nil }
            return state.endpoint
        }
        if let endpoint { await self.loop.perform { endpoint.value.stop() } }
        await self.tasks.cancelAndWait()
    }

    /// Looks at the addresses once for all changes that come together.
    private func addressesMayHaveChanged() {
        let isFirst = self.state.withLock { state in
            guard state.endpoint != nil else { return false }
            defer { state.isChanged = true }
            return !state.isChanged
        }
        guard isFirst else { return }
        self.loop.execute { [weak self] in
            guard let self else { return }
            let endpoint = self.state.withLock { state in
                state.isChanged = false
                return state.endpoint
            }
            endpoint?.value.setAddresses(self.swarm.locallyAnnouncedAddresses)
        }
    }

    private func discovered(_ peer: PeerID, at addresses: [Multiaddr]) {
        self.swarm.addAddresses(addresses, of: peer, as: .discovered)
        self.swarm.report(.discovered(peer, addresses))
    }

    private func dial(_ peer: PeerID) {
        self.tasks.add {
            var isConnected = !self.swarm.connections(to: peer).isEmpty
            if !isConnected {
                do {
                    _ = try await self.swarm.connect(to: peer, timeout: Self.dialTimeout)
                    isConnected = true
                } catch {
                    Self.log.debug("a discovered peer was not reached", ["peer": peer, "reason": "\(error)"])
                }
            }
            let endpoint = self.state.withLock { $0.endpoint }
            self.loop.execute { [isConnected] in endpoint?.value.dialEnded(peer, isConnected: isConnected) }
        }
    }
}
