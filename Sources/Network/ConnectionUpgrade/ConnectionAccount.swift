import Multiformats
import Synchronization
import Transport

/// What one connection is charged with from its socket on: itself and the socket.
///
/// It goes with the socket, from the dial to the upgrade to the connection, and whoever closes the socket closes it. What
/// was charged is given back once, however many of them come upon the end.
final class ConnectionAccount: Sendable {
    /// Where the connection asks for what else it needs.
    let scope: any ConnectionScope
    private let isClosed = Atomic(false)

    /// Opens an account of `resources`. Throws where a limit does not allow another connection or socket: then nothing is
    /// charged.
    init(
        _ direction: Direction, with remoteAddress: Multiaddr?, of resources: any ResourceScope
    ) throws(ResourceLimitError) {
        self.scope = try resources.connectionScope(direction, remoteAddress)
    }

    // A loop that has ended drops the jobs that would have gone on with the socket.
    deinit { self.close() }

    /// Gives back what was charged, behind all that the connection has asked its scope for.
    func close() {
        guard !self.isClosed.exchange(true, ordering: .relaxed) else { return }
        self.scope.close()
    }
}
