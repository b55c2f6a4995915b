/// Why a name could not be resolved.
public enum NameError: Error, Hashable, Sendable {
    /// The name is empty, longer than `NameResolver.longestName`, or has bytes that no host name has.
    case invalidName(String)
    /// The servers say that there is no such name.
    case noSuchName(String)
    /// The name exists without records of the kind that was asked for.
    case noRecords(String)
    /// No server answered within this time.
    case timedOut(String, after: Duration)
    /// No server could be reached, or those that could refused or failed; c-ares does not tell these apart.
    case serverUnreachable(String)
    /// A server answered with something that is no answer; `reason` says what.
    case serverFailed(String, reason: String)
    /// Too many other names are being resolved (`NameResolver.queryLimit` and `NameResolver.waitingLimit`).
    case tooManyQueries
    /// The resolver's configuration, such as the list of servers, cannot be used; `reason` says why.
    case badConfiguration(reason: String)
    /// The task was cancelled, or the resolver or its loop ended.
    case cancelled
}

extension NameError: CustomStringConvertible {
    /// A plain sentence with the name.
    public var description: String {
        switch self {
        case .invalidName(let name): "\(Self.quoted(name)) is not a name that can be looked up"
        case .noSuchName(let name): "no such name: \(name)"
        case .noRecords(let name): "the name \(name) has no records of this kind"
        case .timedOut(let name, let time): "the name server did not answer within \(time) when asked for \(name)"
        case .serverUnreachable(let name): "no name server could be reached or was willing to answer for \(name)"
        case .serverFailed(let name, let reason): "the name server could not resolve \(name): \(reason)"
        case .tooManyQueries: "too many names are being looked up at once"
        case .badConfiguration(let reason): "names cannot be looked up: \(reason)"
        case .cancelled: "the look-up was cancelled"
        }
    }

    /// A name that may hold anything, cut short and without control characters.
    private static func quoted(_ name: String) -> String {
        let shown = name.unicodeScalars.prefix(80).map { $0.value < 32 || $0.value == 127 ? "?" : Character($0) }
        return "\"\(String(shown))\(name.unicodeScalars.count > 80 ? "…" : "")\""
    }
}
