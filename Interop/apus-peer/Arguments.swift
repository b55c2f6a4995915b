/// The flags of one command: `--name value`, `--name=value`, and `--name` for those that take no value.
struct Arguments {
    /// What a command understands.
    struct Flags {
        var values: Set<String> = []
        var switches: Set<String> = []
        /// Flags of the common command line that this peer cannot honour yet, with the reason.
        var refused: [String: String] = [:]
    }

    private let command: String
    private var given: [String: [String]] = [:]

    init(_ texts: [String], of command: String, _ flags: Flags) throws(UsageError) {
        self.command = command
        var rest = texts[...]
        while let text = rest.popFirst() {
            guard text.hasPrefix("--") else { throw UsageError("\(command): unexpected argument \"\(text)\"") }
            let parts = text.dropFirst(2).split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            let name = String(parts[0])
            if let reason = flags.refused[name] { throw UsageError("\(command): --\(name): \(reason)") }
            if flags.switches.contains(name) {
                guard parts.count == 1 else { throw UsageError("\(command): --\(name) takes no value") }
                self.given[name, default: []].append("")
            } else if flags.values.contains(name) {
                guard let value = parts.count == 2 ? String(parts[1]) : rest.popFirst() else {
                    throw UsageError("\(command): --\(name) needs a value")
                }
                self.given[name, default: []].append(value)
            } else {
                throw UsageError("\(command): unknown option --\(name)")
            }
        }
    }

    /// Whether the flag was given.
    func has(_ name: String) -> Bool { self.given[name] != nil }

    /// The values of a flag that may be given many times.
    func strings(_ name: String) -> [String] { self.given[name] ?? [] }

    /// The value of a flag; the last one counts.
    func string(_ name: String) -> String? { self.given[name]?.last }

    /// The value of a flag that cannot be left out.
    func required(_ name: String) throws(UsageError) -> String {
        guard let value = self.string(name), !value.isEmpty else {
            throw UsageError("\(self.command): --\(name) is missing")
        }
        return value
    }

    /// The value of a flag that is a number within `range`.
    func number<Number: LosslessStringConvertible & Comparable>(
        _ name: String, default standard: Number, in range: ClosedRange<Number>
    ) throws(UsageError) -> Number {
        guard let text = self.string(name) else { return standard }
        guard let number = Number(text), range.contains(number) else {
            throw UsageError(
                "\(self.command): --\(name) \(text): expected a number from \(range.lowerBound) to \(range.upperBound)")
        }
        return number
    }

    /// The value of a flag that is one of `allowed`.
    func choice(_ name: String, default standard: String, of allowed: [String]) throws(UsageError) -> String {
        guard let text = self.string(name) else { return standard }
        guard allowed.contains(text) else {
            throw UsageError("\(self.command): --\(name) \(text): expected one of \(allowed.joined(separator: ", "))")
        }
        return text
    }
}
