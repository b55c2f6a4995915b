/// Why a command did not do what it was asked for; printed as one line on standard error.
enum CommandError: Error, Equatable {
    /// The arguments, the environment or the configuration file are wrong; nothing was changed. Exit code 2.
    case usage(String)
    /// It could not be done. Exit code 1.
    case failed(String)
    /// Nobody reads standard output any more, which is how a pipeline ends. Exit code 0, without a line.
    case outputClosed

    var exitCode: Int32 {
        switch self {
        case .usage: 2
        case .failed: 1
        case .outputClosed: 0
        }
    }

    /// The line, or nil where there is nothing to say.
    var message: String? {
        switch self {
        case .usage(let message), .failed(let message): message
        case .outputClosed: nil
        }
    }
}
