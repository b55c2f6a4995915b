import Bytes
import Cryptography
package import EventLoop
package import PeerIdentity
package import Transport

/// Turns connected sockets into secured, multiplexed connections (libp2p connections/README.md, "Upgrading connections").
package final class ConnectionUpgrader: Sendable {
    private let configuration: UpgradeConfiguration
    /// The buffers of each loop, by the loop's index.
    let resources: [LoopBound<LoopResources>]

    /// Fails where the cipher is not to be had, or the resources do not allow a slab for each loop.
    package init(_ configuration: UpgradeConfiguration, loops: EventLoopGroup) async throws {
        self.configuration = configuration
        var resources: [LoopBound<LoopResources>] = []
        for loop in loops.loops {
            resources.append(
                try await loop.perform {
                    let resources = try LoopResources(
                        loop, scope: configuration.resources, verifiedKeys: configuration.verifiedKeys)
                    return LoopBound(resources, on: loop)
                })
        }
        self.resources = resources
    }

    /// Secures and multiplexes what comes of `dial`; its socket is charged before there is one. `expectedPeer` is who the
    /// dialler wants to find there, nil for anyone.
    ///
    /// Throws `UpgradeError`, and what `dial` throws.
    package func connect(
        to expectedPeer: PeerID?, by dial: () async throws -> RawLink
    ) async throws -> Connection {
        let account: ConnectionAccount
        do {
            account = try ConnectionAccount(.outbound, with: nil, of: self.configuration.resources)
        } catch {
            throw UpgradeError.refused(error)
        }
        let link: RawLink
        do {
            link = try await dial()
        } catch {
            account.close()
            throw error
        }
        return try await self.upgrade(link, direction: .outbound, expectedPeer: expectedPeer, account: account)
    }

    /// Secures the link and agrees on a muxer. `expectedPeer` is who the dialler wants to find there, nil for anyone.
    ///
    /// Throws `UpgradeError`. The socket is closed where it fails.
    package func upgrade(
        _ link: RawLink, direction: Direction, expectedPeer: PeerID?
    ) async throws(UpgradeError) -> Connection {
        try await self.upgrade(link, direction: direction, expectedPeer: expectedPeer, account: nil)
    }

    private func upgrade(
        _ link: RawLink, direction: Direction, expectedPeer: PeerID?, account: ConnectionAccount?
    ) async throws(UpgradeError) -> Connection {
        let attempt = UpgradeAttempt()
        let result = await withTaskCancellationHandler {
            await withHandover { handover in
                attempt.begin(handover)
                self.upgrade(
                    link, direction: direction, expectedPeer: expectedPeer, account: account, attempt: attempt
                ) { attempt.finish($0) }
            }
        } onCancel: {
            attempt.cancel(on: link.loop)
        }
        return try result.get()
    }

    /// Like the other, for callers on a loop: `completion` is called once, on the link's loop.
    package func upgrade(
        _ link: RawLink, direction: Direction, expectedPeer: PeerID?,
        completion: @escaping @Sendable (Result<Connection, UpgradeError>) -> Void
    ) {
        self.upgrade(
            link, direction: direction, expectedPeer: expectedPeer, account: nil, attempt: nil, completion: completion)
    }

    private static func upgradeError(_ error: any Error) -> UpgradeError {
        if let limit = error as? ResourceLimitError {
            .refused(limit)
        } else {
            error as? UpgradeError ?? .transportFailed("\(error)")
        }
    }

    /// A link whose socket is not charged yet has no `account`.
    private func upgrade(
        _ link: RawLink, direction: Direction, expectedPeer: PeerID?, account: ConnectionAccount?,
        attempt: UpgradeAttempt?, completion: @escaping @Sendable (Result<Connection, UpgradeError>) -> Void
    ) {
        link.loop.execute {
            let loop = link.loop
            guard let descriptor = link.takeDescriptor() else {
                account?.close()
                return completion(.failure(.transportFailed("the socket is gone")))
            }
            var account = account
            let session: UpgradeSession
            do {
                let charged =
                    try account
                    ?? ConnectionAccount(direction, with: link.remoteAddress, of: self.configuration.resources)
                account = charged
                session = try UpgradeSession(
                    link: link, socket: Socket(descriptor: descriptor), direction: direction,
                    expectedPeer: expectedPeer, configuration: self.configuration,
                    resources: self.resources[loop.index].value, account: charged, completion: completion)
            } catch {
                Socket(descriptor: descriptor).close()
                account?.close()
                return completion(.failure(Self.upgradeError(error)))
            }
            session.start()
            // An attempt that was cancelled already ends the session here, which must have begun for that.
            attempt?.attach(LoopBound(session, on: loop))
        }
    }
}

/// Lets a task that waits for an upgrade give it up.
package final class UpgradeAttempt: Sendable {
    private let state = Locked(State())

    private struct State {
        var caller: Handover<Result<Connection, UpgradeError>>?
        var session: LoopBound<UpgradeSession>?
        var isCancelled = false
    }

    init() {}

    func begin(_ caller: Handover<Result<Connection, UpgradeError>>) {
        self.state.withLock { $0.caller = caller }
    }

    func attach(_ session: LoopBound<UpgradeSession>) {
        let isCancelled = self.state.withLock { state in
            state.session = session
            return state.isCancelled
        }
        if isCancelled { session.value.fail(.cancelled) }
    }

    func finish(_ result: Result<Connection, UpgradeError>) {
        let caller = self.state.withLock { state in
            state.session = nil
            defer { state.caller = nil }
            return state.caller
        }
        caller?.give(result)
    }

    func cancel(on loop: EventLoop) {
        self.state.withLock { $0.isCancelled = true }
        loop.execute { self.state.withLock { $0.session }?.value.fail(.cancelled) }
    }
}
