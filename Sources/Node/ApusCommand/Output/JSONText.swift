/// A JSON value that keeps the order of its keys, which Foundation's encoder does not.
enum JSONText: Sendable {
    case null
    case bool(Bool)
    case integer(UInt64)
    case decimal(Double, digits: Int)
    case string(String)
    case array([JSONText])
    case object(KeyValuePairs<String, JSONText>)
    /// An object whose keys are not the same each time.
    case members([(key: String, value: JSONText)])

    static func strings(_ values: some Sequence<some CustomStringConvertible>) -> JSONText {
        .array(values.map { .string($0.description) })
    }

    static func integer(_ value: Int) -> JSONText { .integer(UInt64(clamping: value)) }

    /// A string, or null.
    static func optional(_ value: (some CustomStringConvertible)?) -> JSONText {
        value.map { .string($0.description) } ?? .null
    }

    /// The text, on one line.
    var text: String {
        switch self {
        case .null: "null"
        case .bool(let value): value ? "true" : "false"
        case .integer(let value): String(value)
        case .decimal(let value, let digits): value.isFinite ? value.text(digits: digits) : "null"
        case .string(let value): Self.quote(value)
        case .array(let values): "[" + values.map(\.text).joined(separator: ",") + "]"
        case .object(let members): Self.text(of: members)
        case .members(let members): Self.text(of: members)
        }
    }

    private static func text(of members: some Sequence<(key: String, value: JSONText)>) -> String {
        "{" + members.map { Self.quote($0.key) + ":" + $0.value.text }.joined(separator: ",") + "}"
    }

    /// The string between quotes (RFC 8259 section 7), with all that could drive a terminal escaped.
    static func quote(_ string: String) -> String {
        var text = "\""
        for scalar in string.unicodeScalars {
            switch scalar {
            case "\"": text += "\\\""
            case "\\": text += "\\\\"
            case "\n": text += "\\n"
            case "\t": text += "\\t"
            case _
            where scalar.value < 0x20 || (0x7f...0x9f).contains(scalar.value) || scalar.value == 0x2028
                || scalar.value == 0x2029:
                let digits = String(scalar.value, radix: 16)
                text += "\\u" + String(repeating: "0", count: max(0, 4 - digits.count)) + digits
            default: text.unicodeScalars.append(scalar)
            }
        }
        return text + "\""
    }
}
