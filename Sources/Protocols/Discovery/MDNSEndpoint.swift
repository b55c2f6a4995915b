import Bytes
import Cryptography
import EventLoop
import MulticastDNS
import Multiformats
import PeerIdentity
import Telemetry
import Transport

/// Runs an `MDNSSession` on its loop: moves datagrams, keeps the time, follows the interfaces, and asks for dials.
final class MDNSEndpoint {
    private static let log = Log("mdns")

    private let loop: EventLoop
    private let configuration: MDNSConfiguration
    private let resources: any ResourceScope
    private var session: MDNSSession
    private var dials = DiscoveredDials()
    private var random = SystemRandom()
    private var sockets: MDNSSockets?
    private var watcher: InterfaceWatcher?
    private var timer: LoopTimer?
    private var isWatcherCharged = false
    /// Called for each discovery, on the loop.
    private let discovered: (PeerID, [Multiaddr]) -> Void
    /// Connects to a peer, and tells by `dialEnded`.
    private let dial: (PeerID) -> Void

    init(
        _ loop: EventLoop, peer: PeerID, configuration: MDNSConfiguration, resources: any ResourceScope,
        discovered: @escaping (PeerID, [Multiaddr]) -> Void, dial: @escaping (PeerID) -> Void
    ) {
        self.loop = loop
        self.configuration = configuration
        self.resources = resources
        self.session = MDNSSession(peer: peer, using: &self.random)
        self.discovered = discovered
        self.dial = dial
    }

    /// Begins to speak, on the interfaces that there are now and on those that come.
    func start(addresses: [Multiaddr]) {
        self.timer = LoopTimer(self.loop) { [unowned self] in self.advance() }
        self.sockets = MDNSSockets(self.loop, port: self.configuration.port, resources: self.resources) {
            [unowned self] bytes, sender, link in
            self.receive(bytes, from: sender, on: link)
        }
        self.watch()
        self.update(self.watcher?.interfaces ?? NetworkInterface.all)
        self.setAddresses(addresses)
        if self.sockets?.links.isEmpty != false {
            Self.log.info("mDNS is not spoken yet: no network interface takes it")
        }
    }

    /// Takes back what was said, and closes everything.
    func stop() {
        for (link, bytes) in self.session.farewells() {
            bytes.withUnsafeBytes { self.sockets?.send($0, on: link) }
        }
        self.sockets?.close()
        self.sockets = nil
        self.watcher?.close()
        self.watcher = nil
        if self.isWatcherCharged { self.resources.release(.fileDescriptor) }
        self.isWatcherCharged = false
        self.timer?.close()
        self.timer = nil
    }

    /// The addresses at which this node can be dialled have perhaps changed.
    func setAddresses(_ addresses: [Multiaddr]) {
        self.session.setAddresses(addresses, now: self.loop.now, using: &self.random)
        self.advance()
    }

    /// The dial of a peer has ended.
    func dialEnded(_ peer: PeerID, isConnected: Bool) {
        self.dials.ended(peer, isConnected: isConnected, now: self.loop.now)
        self.advance()
    }

    // MARK: Interfaces

    private func watch() {
        do {
            try self.resources.reserve(.fileDescriptor)
            self.isWatcherCharged = true
            self.watcher = try InterfaceWatcher(self.loop) { [unowned self] in
                self.update($0)
                self.advance()
            }
        } catch {
            Self.log.warning("mDNS does not follow changes of the network interfaces", ["reason": "\(error)"])
        }
    }

    private func update(_ interfaces: [NetworkInterface]) {
        self.sockets?.update(Self.links(interfaces.filter(self.configuration.interfaces)))
        self.session.setLinks(self.sockets?.links ?? [], now: self.loop.now, using: &self.random)
    }

    /// The links of the first interfaces, with each version of the protocol that they have addresses of.
    static func links(_ interfaces: [NetworkInterface]) -> [MDNSLink] {
        interfaces.prefix(MDNSLimits.interfaces).flatMap { interface -> [MDNSLink] in
            guard let index = NetworkInterface.index(named: interface.name) else { return [] }
            return [false, true].filter { isIPv6 in
                interface.addresses.contains { if case .v6 = $0 { isIPv6 } else { !isIPv6 } }
            }.map { MDNSLink(interface: index, isIPv6: $0, addresses: interface.addresses) }
        }
    }

    // MARK: Datagrams and time

    private func receive(_ bytes: UnsafeRawBufferPointer, from sender: SocketAddress, on link: MDNSLink) {
        guard let ip = sender.ip else { return }
        do {
            try self.session.receive(
                Bytes(copying: bytes), from: ip, on: link, now: self.loop.now, using: &self.random)
        } catch {
            Self.log.debug("an mDNS message was ignored", ["from": sender, "reason": error])
        }
        self.advance()
    }

    /// Sends what is due, tells what happened, and sets the timer.
    private func advance() {
        guard let timer = self.timer else { return }
        let now = self.loop.now
        while let (link, bytes) = self.session.nextDatagram(now: now, using: &self.random) {
            bytes.withUnsafeBytes { self.sockets?.send($0, on: link) }
        }
        while let event = self.session.nextEvent(now: now) {
            switch event {
            case .discovered(let peer, let addresses):
                Self.log.debug("discovered", ["peer": peer, "addresses": addresses.count])
                self.discovered(peer, addresses)
                if self.configuration.connects { self.dials.discovered(peer, now: now) }
            case .lost(let peer):
                Self.log.debug("lost", ["peer": peer])
                self.dials.lost(peer)
            }
        }
        while let peer = self.dials.next(now: now) { self.dial(peer) }
        let deadlines = [self.session.nextDeadline, self.dials.nextDeadline].compactMap { $0 }
        if let deadline = deadlines.min() { timer.schedule(at: deadline) } else { timer.cancel() }
    }
}
