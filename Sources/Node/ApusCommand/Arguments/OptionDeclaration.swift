/// One option of a command, declared once: parsing, help, completions, environment variables and the configuration file all
/// follow from it.
struct Option<Value: Sendable>: Sendable {
    let declaration: OptionDeclaration
    let format: ValueFormat<Value>

    /// An option that takes a value. `defaults` are written as a user would write them; a `setting` can also be set by an
    /// environment variable and, in a command that has `--config`, in the file.
    init(
        _ name: String, _ valueName: String, _ format: ValueFormat<Value>, defaults: [String] = [],
        isRepeatable: Bool = false, isSetting: Bool = false, help: String
    ) {
        self.format = format
        self.declaration = OptionDeclaration(
            name: name, valueName: valueName, literal: format.literal, completion: format.completion,
            defaults: defaults,
            isRepeatable: isRepeatable, isSetting: isSetting, help: help
        ) { text throws(InvalidValue) in _ = try format.read(text) }
    }
}

extension Option where Value == Bool {
    /// An option that is on where it is given, and off by `--name=false`; nil is for one whose default depends on others.
    static func flag(_ name: String, defaultsTo value: Bool? = false, isSetting: Bool = false, help: String) -> Option {
        Option(
            name, "BOOLEAN", .boolean, defaults: value.map { [$0 ? "true" : "false"] } ?? [], isSetting: isSetting,
            help: help)
    }
}

/// What is known of an option without the type of its values.
struct OptionDeclaration: Sendable {
    /// The name without dashes, such as "data-dir".
    let name: String
    /// What stands for the value in help, such as "DIR".
    let valueName: String
    let literal: ValueLiteral
    let completion: ValueCompletion
    /// What holds where the option is not given, as a user would write it; nothing where it then has no value.
    let defaults: [String]
    let isRepeatable: Bool
    let isSetting: Bool
    /// Whole sentences.
    let help: String
    /// Throws where a text is not a value of the option.
    let check: @Sendable (String) throws(InvalidValue) -> Void

    /// Whether the option stands without a value.
    var isFlag: Bool { self.literal == .boolean }

    /// The name with its dashes.
    var flag: String { "--\(self.name)" }

    /// The environment variable of a setting, such as "APUS_DATA_DIR".
    var variable: String? {
        self.isSetting ? "APUS_" + self.key.uppercased() : nil
    }

    /// The key in a configuration file, such as "data_dir".
    var key: String { String(self.name.map { $0 == "-" ? "_" : $0 }) }
}
