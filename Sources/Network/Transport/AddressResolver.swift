import Bytes
public import EventLoop
public import Multiformats

/// Turns the names in a multiaddr (`/dns`, `/dns4`, `/dns6`, `/dnsaddr`) into addresses that can be dialled.
///
/// Whoever controls a name controls how many others it leads to, so each resolution is bounded in depth, look-ups, results
/// and time (multiaddr protocols/DNSADDR.md has no limits; the defaults are those of go-libp2p and rust-libp2p).
public struct AddressResolver: Sendable {
    /// The bounds of one resolution.
    public struct Limits: Hashable, Sendable {
        /// How many `/dnsaddr` may lead to one another: the levels of go-libp2p.
        public var depth = 4
        /// How many addresses may come out, or be on their way to it, as in go-libp2p.
        public var addresses = 100
        /// How many names may be asked for, as in rust-libp2p.
        public var lookups = 32
        /// How long one name may take.
        public var lookupTime = Duration.seconds(5)
        /// How long all names together may take.
        public var time = Duration.seconds(10)

        /// Every default.
        public init() {}
    }

    private let names: NameResolver
    private let limits: Limits

    /// Makes a resolver that asks `names`.
    public init(_ names: NameResolver, limits: Limits = Limits()) {
        self.names = names
        self.limits = limits
    }

    /// Whether `address` has a name in it that must be resolved before it can be dialled.
    public static func hasNames(_ address: Multiaddr) -> Bool {
        AddressResolution.nameIndex(in: address.components) != nil
    }

    /// The addresses that `address` stands for: itself where it has no name, otherwise at least one.
    ///
    /// Throws `TransportError` where nothing came out, with the reason of each name, and `CancellationError`.
    public func resolve(_ address: Multiaddr) async throws -> ResolvedAddresses {
        try await self.resolve(address) { _ in }
    }

    /// Like the other, on behalf of `asker`, and gives addresses to `onFound` as they come, so that none waits for the names
    /// beside it.
    package func resolve(
        _ address: Multiaddr, asker: NameAsker? = nil, onFound: ([Multiaddr]) -> Void
    ) async throws -> ResolvedAddresses {
        let deadline = EventLoop.monotonicNow() + self.limits.time
        let result = await withTaskGroup(of: (NameQuestion, Result<NameAnswer, NameError>).self) { group in
            var resolution = AddressResolution(address, limits: self.limits)
            while let questions = resolution.nextQuestions() {
                let time = min(self.limits.lookupTime, deadline - EventLoop.monotonicNow())
                for question in questions {
                    group.addTask { (question, await self.ask(question, time: max(time, .zero), asker)) }
                }
                guard let (question, answer) = await group.next(), !Task.isCancelled else { break }
                resolution.receive(answer, to: question)
                let found = resolution.takeFound()
                if !found.isEmpty { onFound(found) }
            }
            return resolution.result
        }
        try Task.checkCancellation()
        return try result.get()
    }

    private func ask(
        _ question: NameQuestion, time: Duration, _ asker: NameAsker?
    ) async -> Result<NameAnswer, NameError> {
        do throws(NameError) {
            switch question {
            case .addresses(let name, let family):
                let addresses = try await self.names.addresses(of: name, family: family, timeout: time, asker: asker)
                return .success(.addresses(addresses))
            case .texts(let name):
                return .success(.texts(try await self.names.texts(of: name, timeout: time, asker: asker)))
            }
        } catch {
            return .failure(error)
        }
    }
}
