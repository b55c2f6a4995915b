import ConnectionUpgrade
import Multiformats
import Transport

extension DialError.Attempt {
    /// The attempt that `error` ended.
    init(address: Multiaddr, error: any Error, duration: Duration) {
        self.init(address: address, kind: DialError.Kind(error), cause: "\(error)", duration: duration)
    }
}

extension DialError.Kind {
    /// What a transport's or the upgrade's error, or a refusal of this node, means for a dial.
    init(_ error: any Error) {
        switch error {
        case let error as TransportError: self.init(error.code)
        case let error as UpgradeError: self.init(error)
        case is AccessRefusal: self = .denied
        case let refusal as DialRefusal: self = refusal.kind
        default: self = .failed
        }
    }

    private init(_ code: TransportError.Code) {
        self =
            switch code {
            case .unsupportedAddress, .unavailableFamily: .unsupportedAddress
            case .refused: .refused
            case .unreachable: .unreachable
            case .timedOut: .timedOut
            case .nameNotFound: .nameNotFound
            case .proxyUnavailable: .proxyUnavailable
            case .addressInUse, .addressNotAvailable, .permissionDenied, .outOfResources, .failed: .failed
            }
    }

    private init(_ error: UpgradeError) {
        self =
            switch error {
            case .notInPrivateNetwork: .notInPrivateNetwork
            case .securityNotAgreed, .muxerFailed: .noCommonProtocol
            case .handshakeFailed, .transportFailed: .handshakeFailed
            case .peerMismatch(_, let actual): .wrongPeer(actual)
            case .isThisNode: .thisNode
            case .timedOut: .timedOut
            case .denied: .denied
            case .refused, .gaveWay, .cancelled: .failed
            }
    }
}
