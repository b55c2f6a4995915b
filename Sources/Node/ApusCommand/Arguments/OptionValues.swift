/// The values of a command's options: the command line over the environment over the configuration file over the defaults.
struct OptionValues: Sendable {
    /// The texts of each option, by its name; all were checked by its format.
    private var texts: [String: [String]] = [:]

    /// The values of a command that was called: reads the configuration file that it names.
    init(_ parsed: ParsedArguments, environment: [String: String]) throws(CommandError) {
        let options = parsed.command.allOptions
        self = try OptionValues(options, given: parsed.given, environment: environment)
        guard parsed.command.isConfigurable, let path = try self.optional(RunOptions.config) else { return }
        let file = try ConfigurationFile(path: path, options: RunOptions.settings)
        self = try OptionValues(options, given: parsed.given, environment: environment, file: file)
    }

    /// Reads the environment's variables, and checks them.
    init(
        _ options: [OptionDeclaration], given: [String: [String]], environment: [String: String],
        file: ConfigurationFile? = nil
    ) throws(CommandError) {
        for option in options {
            if let given = given[option.name] {
                self.texts[option.name] = given
            } else if let values = try Self.values(of: option, in: environment) {
                self.texts[option.name] = values
            } else {
                self.texts[option.name] = file?.values[option.name] ?? option.defaults
            }
        }
    }

    /// What a variable of the environment says; one that is empty counts as not set, and a list is separated by commas or
    /// blanks.
    private static func values(
        of option: OptionDeclaration, in environment: [String: String]
    ) throws(CommandError) -> [String]? {
        guard let variable = option.variable, let text = environment[variable], !text.isEmpty else { return nil }
        let values =
            option.isRepeatable ? text.split { $0 == "," || $0.isWhitespace }.map(String.init) : [text]
        for value in values {
            do {
                try option.check(value)
            } catch {
                throw .usage("\(variable): \(error.explanation)")
            }
        }
        return values
    }

    /// The value of an option. Throws where there is none.
    subscript<Value>(_ option: Option<Value>) -> Value {
        get throws(CommandError) {
            guard let value = try self.list(option).last else { throw .usage("\(option.declaration.flag) is needed") }
            return value
        }
    }

    /// The value of an option that need not have one.
    func optional<Value>(_ option: Option<Value>) throws(CommandError) -> Value? { try self.list(option).last }

    /// The values of an option that may be repeated.
    func list<Value>(_ option: Option<Value>) throws(CommandError) -> [Value] {
        var values: [Value] = []
        for text in self.texts[option.declaration.name] ?? [] {
            do {
                values.append(try option.format.read(text))
            } catch {
                throw .usage("\(option.declaration.flag): \(error.explanation)")
            }
        }
        return values
    }

    /// What each option came out as, for machines and tests.
    func texts(of option: OptionDeclaration) -> [String] { self.texts[option.name] ?? [] }
}
