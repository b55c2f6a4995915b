import Apus

/// What an error means to a person: one line with what failed, why, and what to do.
enum FailureText {
    static func text(_ error: any Error) -> String { "\(error)\(Self.advice(for: error).map { "; \($0)" } ?? "")" }

    private static func advice(for error: any Error) -> String? {
        switch error {
        case let error as DialError: Self.advice(for: error)
        case let error as TransportError: Self.advice(for: error)
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

    /// What to do about a dial that failed: what the first address needs, as one that works is enough.
    private static func advice(for error: DialError) -> String? {
        switch error.attempts.first?.kind {
        case .refused: "nobody listens there: start the node, or check the port"
        case .unreachable: "check the address and this machine's network"
        case .timedOut: "check the address, that a libp2p node listens there, and that no firewall is between"
        case .nameNotFound: "check the name, or give an IP address"
        case .wrongPeer(let actual): "if it is the one you mean, end the address in /p2p/\(actual)"
        case .unsupportedAddress: "use an address of TCP, such as /ip4/192.0.2.1/tcp/4001/p2p/ and the peer's ID"
        case .noCommonProtocol: "this node speaks /noise and /yamux/1.0.0"
        case .handshakeFailed: "check that a libp2p node listens at this port"
        case .failed, nil: nil
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
        case .refused, .unreachable, .timedOut, .nameNotFound, .failed: nil
        }
    }
}
