public import EventLoop

extension TransportError {
    /// The error of a system call, with its sentence.
    public init(_ error: SocketError) {
        let code: Code =
            switch error.cause {
            case .addressInUse: .addressInUse
            case .refused: .refused
            case .unreachable: .unreachable
            case .timedOut: .timedOut
            case .unsupportedAddress: .unavailableFamily
            case .addressNotAvailable: .addressNotAvailable
            case .permissionDenied: .permissionDenied
            case .outOfResources: .outOfResources
            case .connectionLost, .other: .failed
            }
        self.init(code, "\(error)")
    }
}
