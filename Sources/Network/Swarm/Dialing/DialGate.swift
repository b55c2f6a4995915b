import Bytes
import ConnectionUpgrade
import EventLoop
import Multiformats
import PeerIdentity
import Transport

/// Who brought an address of a peer, which decides what may keep it from being dialled.
enum DialOrigin: Int, Comparable, Sendable {
    /// Whoever wants the connection: nothing does.
    case explicit
    /// The program, at some time before: only that it failed lately, or that nobody answers over its network.
    case noted
    /// Other peers: also where it leads.
    case heard

    static func < (left: DialOrigin, right: DialOrigin) -> Bool { left.rawValue < right.rawValue }
}

/// What all dials of a node know together of addresses: which of them are to be left alone, and why.
///
/// It may be used from any thread. It decides by values that know no clock: `DialBackOff`, `BlackHoleDetector`, `DialFilter`.
final class DialGate: Sendable {
    private struct State {
        var backOff: DialBackOff
        var ipv6 = BlackHoleDetector()
        var udp = BlackHoleDetector()
        var filter: (value: DialFilter, since: Instant)?
    }

    /// For how long the host's addresses are taken as they were: they are asked for only where a filter needs them.
    private static let ownAddressesLifetime: Duration = .seconds(5)

    private let state: Locked<State>
    private let ownAddresses: @Sendable () -> [IPAddress]

    init(
        _ limits: DialLimits,
        ownAddresses: @escaping @Sendable () -> [IPAddress] = { NetworkInterface.all.flatMap(\.addresses) }
    ) {
        self.state = Locked(State(backOff: DialBackOff(capacity: limits.backOffs)))
        self.ownAddresses = ownAddresses
    }

    /// Why the address is not to be dialled now; nil where it may be.
    ///
    /// `isPublic` says whether the peer has an address on the public network.
    func refusal(
        of address: Multiaddr, from origin: DialOrigin, of peer: PeerID?, isPublic: Bool, now: Instant
    ) -> DialRefusal? {
        guard origin != .explicit else { return nil }
        let refusal = self.state.withLock { state -> DialRefusal? in
            if origin == .heard, Defence.dialFilter.isOn {
                let objection = self.filter(&state, now).objection(to: address, ofPublicPeer: isPublic)
                if let objection { return .filtered(objection) }
            }
            if Defence.dialBackOff.isOn, let entry = state.backOff.entry(of: address, of: peer, now: now) {
                return .backOff(entry, ago: now - entry.failedAt, rest: entry.until - now)
            }
            guard address.isMeasured, Defence.dialBlackHoles.isOn else { return nil }
            if address.contains(.udp), !state.udp.admits(now: now) { return .blackHole("UDP") }
            if address.isIPv6, !state.ipv6.admits(now: now) { return .blackHole("IPv6") }
            return nil
        }
        if let refusal { DialMetrics.refused(refusal) }
        return refusal
    }

    private func filter(_ state: inout State, _ now: Instant) -> DialFilter {
        if let known = state.filter, now < known.since + Self.ownAddressesLifetime { return known.value }
        let filter = DialFilter(ownAddresses: self.ownAddresses())
        state.filter = (filter, now)
        return filter
    }

    /// Notes how an attempt ended; nil is a connection.
    func ended(_ address: Multiaddr, of peer: PeerID?, _ error: (any Error)?, now: Instant) {
        let blocked = self.state.withLock { state in
            if let error {
                if error.saysSomethingOfAddress {
                    state.backOff.failed(address, of: peer, cause: "\(error)", now: now)
                }
            } else {
                state.backOff.succeeded(address, of: peer)
            }
            if address.isMeasured, let isAnswered = error.map(\.wasAnswered) ?? true {
                if address.contains(.udp) { state.udp.ended(isAnswered: isAnswered) }
                if address.isIPv6 { state.ipv6.ended(isAnswered: isAnswered) }
            }
            return (ipv6: state.ipv6.state == .blocked, udp: state.udp.state == .blocked)
        }
        DialMetrics.blackHoles(ipv6: blocked.ipv6, udp: blocked.udp)
    }
}

extension Multiaddr {
    /// Whether an attempt tells of the way to the public network.
    fileprivate var isMeasured: Bool { self.isPublic && !self.isCircuit }
}

extension Error {
    /// Whether the failure lies with the address or whoever is there, and not with this node.
    var saysSomethingOfAddress: Bool {
        switch self {
        case let error as TransportError:
            switch error.code {
            case .refused, .unreachable, .timedOut, .failed: true
            case .unsupportedAddress, .unavailableFamily, .addressInUse, .addressNotAvailable, .permissionDenied,
                .outOfResources, .nameNotFound, .proxyUnavailable:
                false
            }
        case let error as UpgradeError:
            switch error {
            case .refused, .gaveWay, .denied, .isThisNode, .cancelled: false
            case .securityNotAgreed, .handshakeFailed, .notInPrivateNetwork, .peerMismatch, .muxerFailed,
                .transportFailed,
                .timedOut:
                true
            }
        default: false
        }
    }

    /// Whether somebody answered, though not as was hoped; nil where the failure says nothing of the way there.
    fileprivate var wasAnswered: Bool? {
        switch self {
        case let error as TransportError:
            switch error.code {
            case .refused: true
            case .unreachable, .timedOut: false
            case .unsupportedAddress, .unavailableFamily, .addressInUse, .addressNotAvailable, .permissionDenied,
                .outOfResources, .nameNotFound, .proxyUnavailable, .failed:
                nil
            }
        // The socket was connected before.
        case is UpgradeError: self.saysSomethingOfAddress ? true : nil
        default: nil
        }
    }
}
