/// Why an address was not dialled.
enum DialRefusal: Error, Hashable, Sendable, CustomStringConvertible {
    /// It failed not long ago.
    case backOff(DialBackOff.Entry, ago: Duration, rest: Duration)
    /// It is not for this node to dial, for a reason that is a clause for a person.
    case filtered(String)
    /// Nobody answers over this family of addresses, or this protocol.
    case blackHole(String)
    /// As many addresses wait for their turn as may.
    case tooManyWait(Int)

    var description: String {
        switch self {
        case .backOff(let entry, let ago, let rest):
            "not dialled for another \(rest.components.seconds + 1) s: \(entry.cause), "
                + "\(ago.formattedMilliseconds) ago, the failure \(entry.failures) of a row"
        case .filtered(let reason): "not dialled: \(reason)"
        case .blackHole(let network): "not dialled: nearly nobody was reached over \(network) lately"
        case .tooManyWait(let limit): "not dialled: \(limit) addresses wait for their turn already"
        }
    }

    /// The kind in the dial's error.
    var kind: DialError.Kind {
        switch self {
        case .backOff(_, _, let rest): .backOff(rest)
        case .filtered: .filtered
        case .blackHole: .blackHole
        case .tooManyWait: .tooManyDials
        }
    }

    /// The refusal without its details, for a metric's label.
    var label: String {
        switch self {
        case .backOff: "back_off"
        case .filtered: "filtered"
        case .blackHole: "black_hole"
        case .tooManyWait: "too_many_dials"
        }
    }
}
