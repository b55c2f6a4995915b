import Apus
import Foundation

/// A configuration file: one JSON5 object with a key for each setting of `apus run`.
struct ConfigurationFile: Sendable {
    /// The largest file that is read, in bytes.
    static let maximumSize = 1 << 20

    /// The texts of each setting, by the name of its option.
    let values: [String: [String]]

    /// Reads the file at `path`. Throws `CommandError.usage` with the path and what is wrong.
    init(path: String, options: [OptionDeclaration]) throws(CommandError) {
        let data = try Self.contents(of: path)
        try self.init(data, path: path, options: options)
    }

    private static func contents(of path: String) throws(CommandError) -> Data {
        let descriptor = open(path.expandingHome, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw Self.unreadable(path) }
        defer { close(descriptor) }
        var contents = Data()
        var buffer = [UInt8](repeating: 0, count: 65_536)
        while contents.count <= Self.maximumSize {
            let count = buffer.withUnsafeMutableBytes { Foundation.read(descriptor, $0.baseAddress, $0.count) }
            if count == 0 { return contents }
            guard count > 0 || errno == EINTR else { throw Self.unreadable(path) }
            contents += buffer.prefix(max(count, 0))
        }
        throw .usage("the configuration file \(path) is larger than \(Self.maximumSize) bytes; is it the right one?")
    }

    private static func unreadable(_ path: String) -> CommandError {
        .usage(
            "the configuration file \(path) cannot be read: \(String(cString: strerror(errno))); "
                + "give another with --config")
    }

    /// Reads the contents of a file.
    init(_ data: Data, path: String, options: [OptionDeclaration]) throws(CommandError) {
        guard let root = Self.decode(data) else {
            throw .usage("\(path): the JSON5 is wrong near line \(Self.faultyLine(of: data))")
        }
        guard case .object(let members) = root else {
            throw .usage("\(path): a configuration is an object: { listen: [...] }")
        }
        var values: [String: [String]] = [:]
        for (key, value) in members.sorted(by: { $0.key < $1.key }) {
            guard let option = options.first(where: { $0.key == key }) else {
                throw .usage(
                    "\(path): there is no key \(key.quoted)"
                        + NearestName.question(key, among: options.map(\.key), otherwise: "apus config example"))
            }
            do {
                values[option.name] = try value.texts(for: option)
            } catch {
                throw .usage("\(path): \(key): \(error.explanation)")
            }
        }
        self.values = values
    }

    private static func decode(_ data: Data) -> JSON5Value? {
        let decoder = JSONDecoder()
        decoder.allowsJSON5 = true
        return try? decoder.decode(JSON5Value.self, from: data)
    }

    /// The line behind the longest run of whole lines that only lacks its closing brackets: Foundation does not say where
    /// the fault is.
    private static func faultyLine(of data: Data) -> Int {
        let lines = data.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
        var prefix = Data()
        var faulty = 1
        for (index, line) in lines.prefix(Self.maximumLines).enumerated() {
            prefix += line + [UInt8(ascii: "\n")]
            if ["}", "]}", ":0}", "0}", "*/}"].contains(where: { Self.decode(prefix + Data($0.utf8)) != nil }) {
                faulty = index + 2
            }
        }
        return min(faulty, lines.count)
    }

    /// How many lines are searched for a fault: each is read again with those in front of it.
    private static let maximumLines = 1_000
}

/// A value of a JSON5 document.
private enum JSON5Value: Decodable {
    case null
    case bool(Bool)
    case number(Double)
    case string(String)
    case array([JSON5Value])
    case object([String: JSON5Value])

    init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        if container.decodeNil() {
            self = .null
        } else if let value = try? container.decode(Bool.self) {
            self = .bool(value)
        } else if let value = try? container.decode(Double.self) {
            self = .number(value)
        } else if let value = try? container.decode(String.self) {
            self = .string(value)
        } else if let value = try? container.decode([JSON5Value].self) {
            self = .array(value)
        } else {
            self = .object(try container.decode([String: JSON5Value].self))
        }
    }

    /// The texts of a setting, as they would stand on the command line; null is the same as leaving the key out.
    func texts(for option: OptionDeclaration) throws(InvalidValue) -> [String] {
        switch self {
        case .null: return option.defaults
        case .array(let elements) where option.isRepeatable:
            return try elements.map { element throws(InvalidValue) in try element.text(for: option) }
        case .object, .array, .bool, .number, .string:
            guard !option.isRepeatable else { throw InvalidValue("a list is needed: [\"\(option.valueName)\"]") }
            return [try self.text(for: option)]
        }
    }

    private func text(for option: OptionDeclaration) throws(InvalidValue) -> String {
        let text: String
        switch (self, option.literal) {
        case (.string(let value), .string): text = value
        case (.bool(let value), .boolean): text = "\(value)"
        case (.number(let value), .number): text = Int(exactly: value).map(String.init) ?? "\(value)"
        case (_, .string): throw InvalidValue("a string is needed: \"\(option.valueName)\"")
        case (_, .boolean): throw InvalidValue("true or false is needed")
        case (_, .number): throw InvalidValue("a number is needed")
        }
        try option.check(text)
        return text
    }
}
