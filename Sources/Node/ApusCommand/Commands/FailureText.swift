import Apus
import Storage

/// What an error means to a person: one line with what failed, why, and what to do.
enum FailureText {
    static func text(_ error: any Error) -> String { "\(error)\(Self.advice(for: error).map { "; \($0)" } ?? "")" }

    private static func advice(for error: any Error) -> String? {
        switch error {
        case let error as DialError: Self.advice(for: error)
        case let error as TransportError: Self.advice(for: error)
        case let error as StorageError: Self.advice(for: error)
        case StreamError.protocolsNotSupported(let protocols) where protocols.contains(PerfService.protocolID):
            "an Apus node answers it when it is started with: apus run --perf"
        case PingError.closed(let reason), PerfError.closed(let reason), StreamError.closed(let reason):
            Self.advice(for: reason)
        case PingError.tooManyUnanswered, IdentifyError.connectionClosed: Self.peerIsGone
        case IdentifyError.timedOut, StreamError.timedOut, StreamError.cannotOpen: Self.peerIsSilent
        case PerfError.stalled: "\(Self.peerIsGone); if it is only slow, give a longer --stall-timeout"
        case IdentifyError.stream(let cause): Self.advice(for: cause)
        case PingError.mismatch, PerfError.endedEarly, PerfError.tooMuchData, PerfError.answeredEarly,
            IdentifyError.malformed, IdentifyError.messageTooLong, IdentifyError.tooManyMessages,
            IdentifyError.endedEarly:
            "the peer's program is at fault: try another version of it"
        default: nil
        }
    }

    private static let peerIsGone = "the peer, or the network to it, seems to be gone"
    private static let peerIsSilent = "try again, and see whether the peer's program hangs"

    private static func advice(for reason: StreamCloseReason) -> String? {
        switch reason {
        case .finished, .resetByPeer: "try again, or look into the peer's log for why it did"
        case .connectionClosed: Self.peerIsGone
        case .protocolViolation: Self.peerIsSilent
        case .resetLocally: nil
        }
    }

    /// What to do about a dial that failed: what the address needs that came nearest, as one that works is enough.
    private static func advice(for error: DialError) -> String? {
        if error.refusal != nil { return Self.accessListDecides }
        // Of several that came as far, the first.
        guard let attempt = error.attempts.min(by: { Self.distance($0) < Self.distance($1) }) else { return nil }
        return switch attempt.kind {
        case .refused: "nobody listens there: start the node, or check the port"
        case .unreachable: "check the address and this machine's network"
        case .timedOut where Self.isOfName(attempt): "check the name server, or give an IP address"
        case .timedOut: "check the address, that a libp2p node listens there, and that no firewall is between"
        case .nameNotFound: "check the name, or give an IP address"
        case .proxyUnavailable: "start the proxy, or correct --socks and --socks-login"
        case .wrongPeer(let actual): "if it is the one you mean, end the address in /p2p/\(actual)"
        case .thisNode: "give the address of another node"
        case .unsupportedAddress where attempt.address.contains(.onion3):
            "give Tor's SOCKS proxy, such as --socks 127.0.0.1:9050"
        case .notInPrivateNetwork: "give the swarm.key of the network that the peer is in with --swarm-key"
        case .unsupportedAddress: "use an address of TCP, such as /ip4/192.0.2.1/tcp/4001/p2p/ and the peer's ID"
        case .noCommonProtocol: "this node speaks /noise and /yamux/1.0.0"
        case .handshakeFailed: "check that a libp2p node listens at this port"
        case .denied: Self.accessListDecides
        case .backOff, .filtered: "give its full address to try it all the same"
        case .blackHole: "check this machine's network, or give the full address to try it all the same"
        case .tooManyDials: "try again later"
        case .failed: nil
        }
    }

    private static let accessListDecides = "change the list with: apus access allow or remove"

    /// How far from a connection an attempt ended: a peer that answered says more than a host that refused, and that more
    /// than silence, a missing route, or an address for which this node has no transport.
    private static func distance(_ attempt: DialError.Attempt) -> Int {
        switch attempt.kind {
        case .wrongPeer, .thisNode: 0
        case .denied, .notInPrivateNetwork, .noCommonProtocol: 1
        case .handshakeFailed: 2
        case .refused: 3
        case .timedOut where Self.isOfName(attempt): 8
        case .timedOut: 4
        case .failed: 5
        case .proxyUnavailable, .backOff: 6
        case .unreachable: 7
        case .nameNotFound: 9
        case .tooManyDials: 10
        case .blackHole: 11
        case .filtered: 12
        case .unsupportedAddress: 13
        }
    }

    /// Whether it was a name that was asked for, and no host yet.
    private static func isOfName(_ attempt: DialError.Attempt) -> Bool { AddressResolver.hasNames(attempt.address) }

    private static func advice(for error: StorageError) -> String? {
        switch error {
        case .unavailable: "see to it that you may read and write the file and its directory"
        case .damaged, .newer: "\"apus run\" sets it aside under another name and begins an empty one"
        case .busy: "try again, or end the other process"
        case .failed: "see whether the disk is full"
        case .wrongType, .closed: nil
        }
    }

    private static func advice(for error: TransportError) -> String? {
        switch error.code {
        case .addressInUse: "end the program that listens there, or choose another port with --listen"
        case .unsupportedAddress, .unavailableFamily: "choose another address with --listen"
        case .addressNotAvailable:
            "choose an address of this machine with --listen, or 0.0.0.0 or :: for all that it has"
        case .permissionDenied: "choose a port above 1023 with --listen, or let this program have lower ones"
        case .outOfResources: "raise the limit of open files with: ulimit -n"
        case .refused, .unreachable, .timedOut, .proxyUnavailable, .nameNotFound, .failed: nil
        }
    }
}
