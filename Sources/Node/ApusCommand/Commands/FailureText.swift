import Apus

/// What an error means to a person: one line with what failed, why, and what to do.
enum FailureText {
    static func text(_ error: any Error) -> String {
        switch error {
        case let error as TransportError: "\(error)\(Self.advice(for: error))"
        default: "\(error)"
        }
    }

    private static func advice(for error: TransportError) -> String {
        switch error.code {
        case .addressInUse: "; end the program that listens there, or choose another port with --listen"
        default: ""
        }
    }
}
