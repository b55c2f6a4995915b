import EventLoop
import Multiformats

/// What is asked of a name server.
enum NameQuestion: Hashable, Sendable {
    case addresses(String, NameResolver.AddressFamily)
    case texts(String)

    var name: String {
        switch self {
        case .addresses(let name, _): name
        case .texts(let name): name
        }
    }
}

enum NameAnswer: Sendable {
    case addresses([IPAddress])
    case texts([String])
}

/// One resolution of an address, without the asking: it says what it needs to know, level by level.
///
/// A name is asked for once, and an address is followed once, so a loop of names ends by itself.
struct AddressResolution {
    private struct Candidate {
        let address: Multiaddr
        /// How many `/dnsaddr` led here.
        let depth: Int
    }

    /// So many reasons are told where nothing was found.
    private static let reportedFailures = 5

    private let start: Multiaddr
    private let limits: AddressResolver.Limits
    private var candidates: [Candidate] = []
    private var found: [Multiaddr] = []
    private var seen: Set<Multiaddr> = []
    private var answers: [NameQuestion: NameAnswer] = [:]
    private var asked: Set<NameQuestion> = []
    private var failures: [ResolvedAddresses.Failure] = []
    private var hasOnlyTimedOut = true

    init(_ address: Multiaddr, limits: AddressResolver.Limits) {
        self.start = address
        self.limits = limits
        self.add(address, depth: 0)
    }

    /// What must be known to go on, or nil where there is nothing left to ask.
    mutating func nextQuestions() -> [NameQuestion]? {
        while !self.candidates.isEmpty {
            let current = self.candidates
            let questions = self.newQuestions(of: current)
            guard questions.isEmpty else { return questions }
            self.candidates = []
            for candidate in current { self.follow(candidate) }
        }
        return nil
    }

    mutating func receive(_ answer: Result<NameAnswer, NameError>, to question: NameQuestion) {
        switch answer {
        case .success(let answer):
            self.answers[question] = answer
        case .failure(let error):
            self.fail(question.name, "\(error)", isTimeout: error.isTimeout)
        }
    }

    /// What came out, once there is nothing left to ask.
    var result: Result<ResolvedAddresses, TransportError> {
        guard self.found.isEmpty else {
            return .success(ResolvedAddresses(addresses: self.found, failures: self.failures))
        }
        var reasons = self.failures.prefix(Self.reportedFailures).map(\.reason)
        if reasons.isEmpty { reasons = ["its names lead back to themselves"] }
        if self.failures.count > reasons.count { reasons.append("and more") }
        let code: TransportError.Code = !self.failures.isEmpty && self.hasOnlyTimedOut ? .timedOut : .nameNotFound
        return .failure(TransportError(code, "resolve \(self.start): \(reasons.joined(separator: "; "))"))
    }

    // MARK: Questions

    private mutating func newQuestions(of candidates: [Candidate]) -> [NameQuestion] {
        var questions: [NameQuestion] = []
        for candidate in candidates {
            guard let question = Self.question(of: candidate.address), !self.asked.contains(question) else { continue }
            guard self.asked.count < self.limits.lookups else {
                self.fail(question.name, "more than \(self.limits.lookups) names would have to be looked up")
                return questions
            }
            self.asked.insert(question)
            questions.append(question)
        }
        return questions
    }

    private static func question(of address: Multiaddr) -> NameQuestion? {
        let components = address.components
        guard let index = Self.nameIndex(in: components) else { return nil }
        let name = components[index].text
        switch components[index].protocol {
        case .dns4: return .addresses(name, .ipv4)
        case .dns6: return .addresses(name, .ipv6)
        case .dnsaddr: return .texts("_dnsaddr.\(name)")
        default: return .addresses(name, .any)
        }
    }

    /// The first name. Those behind `/p2p-circuit` are the relay's to resolve.
    static func nameIndex(in components: [MultiaddrComponent]) -> Int? {
        components.prefix { $0.protocol != .p2pCircuit }.firstIndex { component in
            switch component.protocol {
            case .dns, .dns4, .dns6, .dnsaddr: true
            default: false
            }
        }
    }

    // MARK: Answers

    private mutating func follow(_ candidate: Candidate) {
        guard let question = Self.question(of: candidate.address), let answer = self.answers[question] else { return }
        var leadsOn = false
        switch answer {
        case .addresses(let addresses):
            let components = candidate.address.components
            guard let index = Self.nameIndex(in: components) else { return }
            for address in addresses {
                var resolved = components
                resolved[index] = .ip(address)
                leadsOn = self.add(resolved, depth: candidate.depth) || leadsOn
            }
        case .texts(let texts):
            // What a circuit ends with follows the relay that the name stands for, and is not part of its records.
            let components = candidate.address.components
            guard let index = Self.nameIndex(in: components) else { return }
            let tail = components[(index + 1)...]
            let suffix = tail.prefix { $0.protocol != .p2pCircuit }
            for text in texts {
                guard let record = Self.address(ofRecord: text), record.count >= suffix.count,
                    record.suffix(suffix.count).elementsEqual(suffix)
                else { continue }
                let resolved = components[..<index] + record + tail.dropFirst(suffix.count)
                leadsOn = self.add(Array(resolved), depth: candidate.depth + 1) || leadsOn
            }
        }
        if !leadsOn {
            self.fail(question.name, "\(question.name) has no record that fits \(candidate.address)")
        }
    }

    /// A TXT record is `dnsaddr=` and a multiaddr; others, and those with protocols that are not known, are passed over
    /// (multiaddr protocols/DNSADDR.md).
    private static func address(ofRecord text: String) -> [MultiaddrComponent]? {
        let key = "dnsaddr="
        guard text.utf8.starts(with: key.utf8) else { return nil }
        return (try? Multiaddr(String(Substring(text.utf8.dropFirst(key.utf8.count)))))?.components
    }

    private mutating func add(_ components: [MultiaddrComponent], depth: Int) -> Bool {
        guard let address = try? Multiaddr(components) else { return false }
        self.add(address, depth: depth)
        return true
    }

    private mutating func add(_ address: Multiaddr, depth: Int) {
        guard !self.seen.contains(address) else { return }
        guard self.found.count + self.candidates.count < self.limits.addresses else {
            let name = Self.question(of: self.start)?.name ?? ""
            return self.fail(name, "\(self.start) leads to more than \(self.limits.addresses) addresses")
        }
        self.seen.insert(address)
        switch Self.question(of: address) {
        case nil:
            self.found.append(address)
        case .texts(let name) where depth >= self.limits.depth:
            self.fail(name, "\(name) is more than \(self.limits.depth) levels of /dnsaddr away")
        default:
            self.candidates.append(Candidate(address: address, depth: depth))
        }
    }

    private mutating func fail(_ name: String, _ reason: String, isTimeout: Bool = false) {
        let failure = ResolvedAddresses.Failure(name: name, reason: reason)
        guard !self.failures.contains(failure) else { return }
        self.failures.append(failure)
        if !isTimeout { self.hasOnlyTimedOut = false }
    }
}

extension NameError {
    fileprivate var isTimeout: Bool {
        if case .timedOut = self { true } else { false }
    }
}
