public import EventLoop
public import SOCKS5

/// Which SOCKS proxy is used, and for what.
public struct SOCKSConfiguration: Hashable, Sendable {
    /// The addresses that are dialled through the proxy.
    public enum Scope: CaseIterable, Hashable, Sendable {
        /// Onion services alone; all else is dialled as if there were no proxy.
        case onion
        /// Everything: no name is looked up here, and nobody is dialled but the proxy.
        case all
    }

    /// The port that Tor's own proxy has by default.
    public static let torPort: UInt16 = 9050

    /// Where the proxy listens.
    public var proxy: SocketAddress
    /// What it is used for.
    public var scope = Scope.onion
    /// Who the proxy is told that this node is; nil for nobody. Tor keeps what it does for different ones apart.
    public var credentials: SOCKS5Credentials?

    /// Uses the proxy for onion services, without credentials.
    public init(proxy: SocketAddress) {
        self.proxy = proxy
    }
}
