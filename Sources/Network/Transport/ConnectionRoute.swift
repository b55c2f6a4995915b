/// By which way the two ends of a connection reach each other, which the addresses alone do not tell.
public enum ConnectionRoute: Hashable, Sendable {
    /// Over the networks of this host: the addresses say where both ends are.
    case direct
    /// Through a proxy: the peer may be anywhere, and must not learn where this node is.
    case proxied
    /// Within this process.
    case memory
}
