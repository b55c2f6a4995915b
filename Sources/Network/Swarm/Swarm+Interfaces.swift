import Bytes
import EventLoop
import Multiformats
import Telemetry
import Transport

extension Swarm {
    /// Tells what came and what went of the addresses at which this node can be dialled, since they were told last.
    ///
    /// With the lock held, so that what is told is told in the order in which it was seen.
    func tellListenAddresses() {
        self.listeners.withLock { listeners in
            let current = ListenAddresses.expand(listeners.all.map(\.address))
            let (known, present) = (Set(listeners.told), Set(current))
            for address in self.withPeer(listeners.told.filter { !present.contains($0) }) {
                self.events.send(.stoppedListening(address))
            }
            for address in self.withPeer(current.filter { !known.contains($0) }) {
                self.events.send(.listening(address))
            }
            listeners.told = current
        }
    }

    /// Follows the changes of the host's interfaces from now on; once for all listeners.
    ///
    /// Where the system or a limit does not allow it, the node goes on with the addresses of the moment.
    func followInterfaces() async {
        let isFirst = self.listeners.withLock { listeners in
            defer { listeners.isWatching = true }
            return !listeners.isWatching && !listeners.isClosed
        }
        guard isFirst else { return }
        do {
            try self.resources.reserve(.fileDescriptor)
        } catch {
            SwarmMetrics.log.warning("changes of the network interfaces are not followed", ["reason": error])
            return
        }
        let loop = self.loops.next()
        let watcher = await loop.perform { [weak self] () -> LoopBound<InterfaceWatcher>? in
            do {
                let watcher = try InterfaceWatcher(loop) { _ in self?.interfacesChanged() }
                return LoopBound(watcher, on: loop)
            } catch {
                SwarmMetrics.log.warning("changes of the network interfaces are not followed", ["reason": "\(error)"])
                return nil
            }
        }
        let isKept = self.listeners.withLock { listeners in
            guard !listeners.isClosed else { return false }
            listeners.watcher = watcher
            return watcher != nil
        }
        if !isKept { await self.end(watcher) }
    }

    /// Ends what `followInterfaces` began.
    func stopFollowingInterfaces() async {
        let watcher = self.listeners.withLock { listeners in
            defer { listeners.watcher = nil }
            return listeners.watcher
        }
        if watcher != nil { await self.end(watcher) }
    }

    private func end(_ watcher: LoopBound<InterfaceWatcher>?) async {
        if let watcher { await watcher.loop.perform { watcher.value.close() } }
        self.resources.release(.fileDescriptor)
    }

    private func interfacesChanged() {
        self.tellListenAddresses()
        self.hooks.protocolsChanged()
    }
}

extension Multiaddr {
    /// Whether a listener on this address listens on every interface.
    var isWildcard: Bool { self.ipAddress?.isUnspecified == true }
}
