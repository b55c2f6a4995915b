import Bytes
import EventLoop
import Telemetry
import Transport

/// What a swarm counts and logs, so that an operator sees why a connection came or went.
struct SwarmMetrics: Sendable {
    static let log = Log("swarm")
    /// Peers can make as many of these lines as they like.
    private static let paces = LogPaces()

    /// How many lines of the kind were left out; nil where this one is, too.
    private static func untold(_ kind: String) -> UInt64? {
        self.paces.next(kind, now: EventLoop.monotonicNow())
    }

    /// One of the swarm's counters.
    static func counter(_ name: String, _ help: String, _ labels: [String: String]) -> Counter {
        MetricsRegistry.shared.counter(MetricIdentity(module: "swarm", name: name, help: help, labels: labels))
    }

    private static let opened = CounterFamily(
        module: "swarm", name: "connections_opened_total", help: "Connections that came to stand.", label: "direction")
    private static let closed = CounterFamily(
        module: "swarm", name: "connections_closed_total", help: "Connections that ended, by the reason.",
        label: "reason")

    static func connected(_ connection: Connection) {
        self.opened[connection.direction.rawValue].increment()
        self.log.debug(
            "connected",
            [
                "peer": connection.remotePeer, "address": connection.remoteAddress,
                "direction": connection.direction.rawValue,
            ])
    }

    static func disconnected(_ connection: Connection, _ reason: ConnectionCloseReason) {
        self.closed[reason.label].increment()
        let (peer, address) = (connection.remotePeer, connection.remoteAddress)
        if case .protocolViolation = reason {
            guard let untold = self.untold("disconnected") else { return }
            self.log.warning(
                "disconnected", ["peer": peer, "address": address, "reason": reason, "more_since": untold])
        } else {
            self.log.debug("disconnected", ["peer": peer, "address": address, "reason": reason])
        }
    }

    static func trimmed(_ connection: Connection, _ why: String) {
        self.counter(
            "connections_trimmed_total", "Connections that were closed to have fewer, by the cause.", ["why": why]
        )
        .increment()
        self.log.debug(
            "closing a connection",
            ["peer": connection.remotePeer, "address": connection.remoteAddress, "why": why])
    }

    static func gaveWay(_ connection: Connection) {
        self.trimmed(connection, "no place was left")
        guard let untold = self.untold("gave way") else { return }
        self.log.info(
            "an inbound connection gave its place to a newer one",
            ["peer": connection.remotePeer, "address": connection.remoteAddress, "more_since": untold])
    }

    static func streamViolation(on connection: Connection, _ reason: StreamCloseReason) {
        self.counter("stream_violations_total", "Streams that ended because the peer broke their rules.", [:])
            .increment()
        guard let untold = self.untold("stream") else { return }
        self.log.info(
            "stream ended",
            [
                "peer": connection.remotePeer, "address": connection.remoteAddress, "reason": reason,
                "more_since": untold,
            ])
    }

    /// `protocolID` is one that this node answers, so that there are few of them.
    static func streamRefused(on connection: Connection, _ protocolID: String) {
        self.counter(
            "streams_refused_total", "Streams of which a peer had too many, or began too many at a time.",
            ["protocol": protocolID]
        ).increment()
        guard let untold = self.untold("refused \(protocolID)") else { return }
        self.log.info(
            "stream refused",
            [
                "peer": connection.remotePeer, "address": connection.remoteAddress, "protocol": protocolID,
                "more_since": untold,
            ])
    }

    static func refused(_ refused: RefusedConnection) {
        self.counter(
            "connections_refused_total", "Connections that the access list did not let be, by the reason.",
            ["direction": refused.direction.rawValue, "reason": refused.refusal.label]
        ).increment()
        guard let untold = self.untold("connection refused") else { return }
        self.log.info(
            "connection refused",
            ["direction": refused.direction.rawValue, "reason": refused.refusal, "more_since": untold])
    }

    static func inboundFailed(from address: some CustomStringConvertible, label: String, reason: String) {
        self.counter(
            "inbound_failures_total", "Accepted sockets that did not become connections, by the reason.",
            ["reason": label]
        ).increment()
        guard let untold = self.untold(label) else { return }
        self.log.info(
            "inbound connection failed", ["address": "\(address)", "reason": reason, "more_since": untold])
    }
}

extension ConnectionCloseReason {
    /// The reason without its details, for a metric's label.
    var label: String {
        switch self {
        case .closedLocally: "closed_locally"
        case .closedByPeer: "closed_by_peer"
        case .transportFailed: "transport_failed"
        case .protocolViolation: "protocol_violation"
        case .timedOut: "timed_out"
        case .limitReached: "limit_reached"
        }
    }
}
