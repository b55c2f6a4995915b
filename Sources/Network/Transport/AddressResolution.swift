import Bytes
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

/// One resolution of an address, without the asking: it says what it needs to know, and goes on with each answer that comes.
///
/// A name is asked for once, and an address is followed once, so a loop of names ends by itself.
struct AddressResolution {
    /// An address with a name whose answer has not come yet.
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
    /// How many of `found` the caller has taken before the end.
    private var takenCount = 0
    private var seen: Set<Multiaddr> = []
    private var asked: Set<NameQuestion> = []
    private var unanswered: Set<NameQuestion> = []
    private var answers: [NameQuestion: NameAnswer] = [:]
    private var failures: [ResolvedAddresses.Failure] = []
    private var hasReachedLookupLimit = false

    init(_ address: Multiaddr, limits: AddressResolver.Limits) {
        self.start = address
        self.limits = limits
        self.add(address, depth: 0)
    }

    /// What is to be asked now, which may be nothing before the next answer; nil where no answer is waited for any more.
    mutating func nextQuestions() -> [NameQuestion]? {
        var questions: [NameQuestion] = []
        for candidate in self.candidates {
            guard let question = Self.question(of: candidate.address), self.mayAsk(question) else { continue }
            questions.append(question)
        }
        return self.unanswered.isEmpty ? nil : questions
    }

    mutating func receive(_ answer: Result<NameAnswer, NameError>, to question: NameQuestion) {
        self.unanswered.remove(question)
        switch answer {
        case .success(let answer):
            self.answers[question] = answer
            self.followAnswered()
        case .failure(let error):
            self.candidates.removeAll { Self.question(of: $0.address) == question }
            self.fail(question.name, "\(error)", error.isTimeout ? .timedOut : .nameNotFound)
        }
    }

    /// What came out since the last call.
    mutating func takeFound() -> [Multiaddr] {
        defer { self.takenCount = self.found.count }
        return Array(self.found[self.takenCount...])
    }

    /// What came out, once no answer is waited for any more.
    var result: Result<ResolvedAddresses, TransportError> {
        guard self.found.isEmpty else {
            return .success(ResolvedAddresses(addresses: self.found, failures: self.failures))
        }
        var reasons = self.failures.prefix(Self.reportedFailures).map(\.reason)
        if reasons.isEmpty { reasons = ["its names lead back to themselves"] }
        if self.failures.count > reasons.count { reasons.append("and more") }
        let hasOnlyTimedOut = !self.failures.isEmpty && self.failures.allSatisfy { $0.code == .timedOut }
        return .failure(
            TransportError(
                hasOnlyTimedOut ? .timedOut : .nameNotFound,
                "resolve \(self.start): \(reasons.joined(separator: "; "))"))
    }

    // MARK: Questions

    /// Notes that the question is asked, unless it was before or would be one too many.
    private mutating func mayAsk(_ question: NameQuestion) -> Bool {
        guard !self.hasReachedLookupLimit, !self.asked.contains(question) else { return false }
        guard Defence.nameLookups.holds(self.asked.count < self.limits.lookups) else {
            self.hasReachedLookupLimit = true
            self.fail(question.name, "more than \(self.limits.lookups) names would have to be looked up")
            return false
        }
        self.asked.insert(question)
        self.unanswered.insert(question)
        return true
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

    /// Follows every address whose name is answered for; where one leads to another such, that one too.
    private mutating func followAnswered() {
        while true {
            var (answered, others): ([Candidate], [Candidate]) = ([], [])
            for candidate in self.candidates {
                let isAnswered = Self.question(of: candidate.address).map { self.answers[$0] != nil } ?? false
                if isAnswered { answered.append(candidate) } else { others.append(candidate) }
            }
            guard !answered.isEmpty else { return }
            self.candidates = others
            for candidate in answered { self.follow(candidate) }
        }
    }

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
        guard Defence.nameLoops.holds(!self.seen.contains(address)) else { return }
        guard Defence.nameAddresses.holds(self.found.count + self.candidates.count < self.limits.addresses) else {
            let name = Self.question(of: self.start)?.name ?? ""
            return self.fail(name, "\(self.start) leads to more than \(self.limits.addresses) addresses")
        }
        self.seen.insert(address)
        switch Self.question(of: address) {
        case nil:
            self.found.append(address)
        case .texts(let name) where depth >= Defence.nameLevels.limit(self.limits.depth):
            self.fail(name, "\(name) is more than \(self.limits.depth) levels of /dnsaddr away")
        default:
            self.candidates.append(Candidate(address: address, depth: depth))
        }
    }

    private mutating func fail(_ name: String, _ reason: String, _ code: TransportError.Code = .nameNotFound) {
        let failure = ResolvedAddresses.Failure(name: name, reason: reason, code: code)
        if !self.failures.contains(failure) { self.failures.append(failure) }
    }
}

extension NameError {
    fileprivate var isTimeout: Bool {
        if case .timedOut = self { true } else { false }
    }
}
