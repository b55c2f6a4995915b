/// What the arguments of a program say, before anything is read from elsewhere.
struct ParsedArguments: Sendable {
    var command: Command
    /// The texts that were given to each option, by its name.
    var given: [String: [String]] = [:]
    var operands: [String] = []
    var wantsHelp = false
}

/// Finds the command and takes its options and operands apart.
struct ArgumentParser: Sendable {
    let commands: [Command]

    /// Reads the arguments behind the program's name.
    ///
    /// `--opt value` and `--opt=value` are the same; `--` ends the options; options of all commands may also stand in front
    /// of the command.
    func parse(_ arguments: [String]) throws(CommandError) -> ParsedArguments {
        var rest = arguments[...]
        var leading: [String] = []
        while let word = rest.first, word.hasPrefix("-"), word != "--" {
            rest.removeFirst()
            leading.append(word)
            if Self.takesNextWord(word), let value = rest.popFirst() { leading.append(value) }
        }
        if leading.contains("--version") {
            leading.removeAll { $0 == "--version" }
            rest.insert("version", at: rest.startIndex)
        }
        let command = try self.takeCommand(&rest, wantsHelp: leading.contains(where: Self.isHelp))
        var parsed = ParsedArguments(command: command)
        try self.read(leading + rest, into: &parsed)
        if !parsed.wantsHelp { try Self.checkOperands(parsed) }
        return parsed
    }

    private static func isHelp(_ word: String) -> Bool { word == "--help" || word == "-h" }

    /// Whether an option in front of the command has its value behind it.
    private static func takesNextWord(_ word: String) -> Bool {
        CommonOptions.all.contains { $0.flag == word && !$0.isFlag }
    }

    // MARK: The command

    private func takeCommand(_ rest: inout ArraySlice<String>, wantsHelp: Bool) throws(CommandError) -> Command {
        guard let first = rest.first, first != "--" else {
            guard wantsHelp, let help = self.command(["help"]) else {
                throw .usage("no command is given; see: apus help")
            }
            return help
        }
        if let command = self.command([first]) {
            rest.removeFirst()
            return command
        }
        let group = self.commands.filter { $0.path.first == first && $0.path.count > 1 }
        guard !group.isEmpty else {
            let names = self.commands.compactMap(\.path.first)
            throw .usage(
                "there is no command \(first.quoted)"
                    + NearestName.question(first, among: names, prefix: "apus ", otherwise: "apus help"))
        }
        let names = group.map { $0.path[1] }
        let second = rest.dropFirst().first { !$0.hasPrefix("-") }
        if let second, let command = self.command([first, second]), rest.dropFirst().first == second {
            rest.removeFirst(2)
            return command
        }
        if rest.contains(where: Self.isHelp), let help = self.command(["help"]) {
            rest = [first, CommonOptions.help.declaration.flag]
            return help
        }
        guard let second else {
            throw .usage("\(first) needs one of: \(names.joined(separator: ", ")); see: apus help \(first)")
        }
        throw .usage(
            "there is no command \("\(first) \(second)".quoted)"
                + NearestName.question(second, among: names, prefix: "apus \(first) ", otherwise: "apus help \(first)"))
    }

    private func command(_ path: [String]) -> Command? { self.commands.first { $0.path == path } }

    // MARK: Options and operands

    private func read(_ words: [String], into parsed: inout ParsedArguments) throws(CommandError) {
        let options = parsed.command.allOptions
        // Whoever asks for help gets it, whatever else is wrong.
        parsed.wantsHelp = words.prefix { $0 != "--" }.contains(where: Self.isHelp)
        guard !parsed.wantsHelp else {
            parsed.operands = parsed.command.path == ["help"] ? words.filter { !$0.hasPrefix("-") } : []
            return
        }
        var rest = words[...]
        while let word = rest.popFirst() {
            if word == "--" {
                parsed.operands += rest
                return
            }
            guard word.hasPrefix("-"), word != "-" else {
                parsed.operands.append(word)
                continue
            }
            let (option, attached) = try Self.option(word, of: parsed.command, among: options)
            let value = try Self.value(of: option, attached: attached, &rest)
            do {
                try option.check(value)
            } catch {
                throw .usage("\(option.flag): \(error.explanation)")
            }
            if !option.isRepeatable, !option.isFlag, parsed.given[option.name] != nil {
                throw .usage("\(option.flag) is given twice")
            }
            parsed.given[option.name] = option.isRepeatable ? parsed.given[option.name, default: []] + [value] : [value]
        }
    }

    /// The option that a word names, and the value behind its "=".
    private static func option(
        _ word: String, of command: Command, among options: [OptionDeclaration]
    ) throws(CommandError) -> (OptionDeclaration, attached: String?) {
        let parts = word.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
        let flag = parts.first.map(String.init) ?? word
        if let option = options.first(where: { $0.flag == flag }) {
            return (option, attached: parts.count > 1 ? String(parts[1]) : nil)
        }
        let name = flag.drop { $0 == "-" }
        throw .usage(
            "\(command.name) has no option \(Printable.text(String(flag.prefix(128))))"
                + NearestName.question(
                    String(name), among: options.map(\.name), prefix: "--", otherwise: "apus help \(command.name)"))
    }

    private static func value(
        of option: OptionDeclaration, attached: String?, _ rest: inout ArraySlice<String>
    ) throws(CommandError) -> String {
        if let attached { return attached }
        if option.isFlag { return "true" }
        guard let next = rest.first, !next.hasPrefix("--") else {
            throw .usage("\(option.flag) needs a value: \(option.flag) \(option.valueName)")
        }
        rest.removeFirst()
        return next
    }

    private static func checkOperands(_ parsed: ParsedArguments) throws(CommandError) {
        let command = parsed.command
        let required = command.operands.filter { !$0.isOptional }
        guard parsed.operands.count >= required.count else {
            let missing = required[parsed.operands.count]
            throw .usage("\(command.name) needs \(missing.name); see: apus help \(command.name)")
        }
        let takesMore = command.operands.contains(where: \.isOptional)
        guard takesMore || parsed.operands.count == required.count else {
            let extra = parsed.operands[required.count]
            throw .usage("\(command.name) takes no argument \(extra.quoted); see: apus help \(command.name)")
        }
    }
}
