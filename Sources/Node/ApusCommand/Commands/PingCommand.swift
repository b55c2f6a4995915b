import Apus

/// `apus ping`: how long a peer takes to answer.
enum PingCommand {
    static let count = Option(
        "count", "N", .integer(0...1_000_000_000), defaults: ["4"],
        help: "How many pings to send. 0 means until it is interrupted.")
    static let interval = Option(
        "interval", "TIME", .duration, defaults: ["1s"],
        help: "How long to wait between a ping and the next; 0 for not at all.")
    static let timeout = Option(
        "timeout", "TIME", .timeLimit, defaults: ["10s"],
        help: "How long to wait for an answer before it counts as lost.")

    static let command = Command(
        "ping", summary: "measure the round trip to a peer",
        discussion:
            "It connects, sends 32 random bytes over /ipfs/ping/1.0.0, and prints how long their echo takes. The exit "
            + "code is 0 if any ping was answered. With --json each ping is an object with seq and rtt_ms (null where it was "
            + "lost), and the last line is a summary.",
        operands: [ShortLivedNode.address],
        options: [Self.count.declaration, Self.interval.declaration, Self.timeout.declaration] + ShortLivedNode.options,
        examples: [
            Command.Example(
                "apus ping /ip4/127.0.0.1/tcp/4001/p2p/12D3KooW...", "Pings a node on this machine four times."),
            Command.Example(
                "apus ping /dns4/example.org/tcp/4001/p2p/12D3KooW... --count 100 --interval 0 --json",
                "Sends a hundred pings, each as soon as the last is answered."),
        ],
        perform: Self.perform)

    private static func perform(_ invocation: Invocation) async throws {
        let count = try invocation.values[Self.count]
        let interval = try invocation.values[Self.interval]
        let timeout = try invocation.values[Self.timeout]
        var summary = PingSummary()
        var failure: (any Error)?
        try await ShortLivedNode.withConnection(invocation) { _, connection in
            if !invocation.isJSON {
                try await invocation.output.line("PING \(connection.remotePeer) at \(connection.remoteAddress)")
            }
            do {
                var session = try await PingSession(connection: connection, timeout: timeout)
                while count == 0 || summary.sent < count {
                    if summary.sent > 0, interval > .zero { try await Task.sleep(for: interval) }
                    let rtt = try await Self.ping(&session, connection, timeout)
                    summary.add(rtt)
                    try await Self.print(summary.sent, rtt, timeout, invocation)
                }
                session.close()
            } catch is CancellationError where summary.sent > 0 {
                // An interrupt ends the pings, and what they showed is still told.
            } catch  where summary.sent > 0 && !(error is CommandError) {
                failure = error
            }
        }
        if invocation.isJSON {
            try await invocation.output.json(summary.json)
        } else {
            try await invocation.output.line(summary.text)
        }
        if let failure { throw failure }
        guard summary.answered > 0 || summary.sent == 0 else {
            throw CommandError.failed(
                "the peer answered none of \(summary.sent) pings within \(timeout.text); it is connected but silent: "
                    + "give it a longer --timeout, or see whether it still runs")
        }
    }

    /// One ping; nil where its answer did not come in time.
    ///
    /// A peer may end a ping stream when it has served long enough, as go-libp2p does: then the ping goes over a new one.
    private static func ping(
        _ session: inout PingSession, _ connection: Connection, _ timeout: Duration
    ) async throws -> Duration? {
        do {
            do {
                return try await session.ping(timeout: timeout)
            } catch PingError.closed where connection.closeReason == nil {
                session = try await PingSession(connection: connection, timeout: timeout)
                return try await session.ping(timeout: timeout)
            }
        } catch PingError.timedOut {
            return nil
        }
    }

    private static func print(
        _ number: Int, _ rtt: Duration?, _ timeout: Duration, _ invocation: Invocation
    ) async throws {
        if invocation.isJSON {
            let milliseconds: JSONText = rtt.map { .decimal($0.seconds * 1_000, digits: 3) } ?? .null
            try await invocation.output.json(
                .object(["event": .string("ping"), "seq": .integer(number), "rtt_ms": milliseconds]))
        } else {
            let text = rtt?.millisecondsText ?? "no answer within \(timeout.text)"
            try await invocation.output.line("\(number): \(text)")
        }
    }
}

/// What a number of pings showed.
struct PingSummary {
    private(set) var sent = 0
    private(set) var answered = 0
    private var total: Duration = .zero
    private var shortest: Duration?
    private var longest: Duration?

    /// Counts a ping; nil where it was not answered.
    mutating func add(_ rtt: Duration?) {
        self.sent += 1
        guard let rtt else { return }
        self.answered += 1
        self.total += rtt
        self.shortest = min(self.shortest ?? rtt, rtt)
        self.longest = max(self.longest ?? rtt, rtt)
    }

    private var average: Duration? { self.answered > 0 ? self.total / self.answered : nil }

    var text: String {
        var text = "\(self.sent) sent, \(self.answered) answered"
        if let shortest, let average, let longest {
            text += ": min \(shortest.millisecondsText), average \(average.millisecondsText), "
            text += "max \(longest.millisecondsText)"
        }
        return text
    }

    var json: JSONText {
        func milliseconds(_ duration: Duration?) -> JSONText {
            duration.map { .decimal($0.seconds * 1_000, digits: 3) } ?? .null
        }
        return .object([
            "event": .string("summary"), "sent": .integer(self.sent), "answered": .integer(self.answered),
            "min_ms": milliseconds(self.shortest), "avg_ms": milliseconds(self.average),
            "max_ms": milliseconds(self.longest),
        ])
    }
}
