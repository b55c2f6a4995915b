import Telemetry

/// What the dials of a process count.
enum DialMetrics {
    private static func blackHole(_ network: String) -> Gauge {
        MetricsRegistry.shared.gauge(
            MetricIdentity(
                module: "swarm", name: "dial_black_hole",
                help: "Whether nearly nobody answers over this network, so that it is only probed now and then.",
                labels: ["network": network]))
    }

    private static let attempts = CounterFamily(
        module: "swarm", name: "dial_attempts_total", help: "Addresses that were dialled, by the outcome.",
        label: "outcome")
    private static let ipv6 = Self.blackHole("ipv6")
    private static let udp = Self.blackHole("udp")

    /// Counts an address that was not dialled.
    static func refused(_ refusal: DialRefusal) {
        SwarmMetrics.counter(
            "dials_refused_total", "Addresses that were not dialled, by the reason.", ["reason": refusal.label]
        )
        .increment()
    }

    /// Counts an attempt that ended; nil is a connection.
    static func ended(_ kind: DialError.Kind?) {
        self.attempts[kind?.label ?? "connected"].increment()
    }

    static func blackHoles(ipv6: Bool, udp: Bool) {
        self.ipv6.set(ipv6 ? 1 : 0)
        self.udp.set(udp ? 1 : 0)
    }
}

extension DialError.Kind {
    /// The kind without its details, for a metric's label and for programs.
    package var label: String {
        switch self {
        case .unsupportedAddress: "unsupported_address"
        case .denied: "denied"
        case .thisNode: "this_node"
        case .notInPrivateNetwork: "not_in_private_network"
        case .nameNotFound: "name_not_found"
        case .refused: "refused"
        case .unreachable: "unreachable"
        case .timedOut: "timed_out"
        case .proxyUnavailable: "proxy_unavailable"
        case .wrongPeer: "wrong_peer"
        case .noCommonProtocol: "no_common_protocol"
        case .handshakeFailed: "handshake_failed"
        case .backOff: "back_off"
        case .filtered: "filtered"
        case .blackHole: "black_hole"
        case .tooManyDials: "too_many_dials"
        case .failed: "failed"
        }
    }
}
