import Bytes

/// Asks the peer for a sign of life by pings, and measures the round trip by their answers.
struct YamuxLiveness {
    private let interval: Duration?
    private let timeout: Duration
    private var nextPing: Instant?
    private var sent: (value: UInt32, at: Instant)?
    private var counter: UInt32 = 0
    private var lastInput: Instant
    /// The smallest round trip seen: a busy peer answers late, so a larger one says less of the path.
    private(set) var roundTrip: Duration?

    init(configuration: YamuxConfiguration, now: Instant) {
        self.interval = configuration.keepAliveInterval
        self.timeout = configuration.keepAliveTimeout
        self.nextPing = configuration.keepAliveInterval == nil ? nil : now
        self.lastInput = now
    }

    /// Notes that the peer sent something.
    mutating func receiveInput(now: Instant) {
        self.lastInput = now
    }

    var nextDeadline: Instant? {
        if let sent { return max(sent.at, self.lastInput) + self.timeout }
        return self.nextPing
    }

    /// The ping to send now, if it is time for one; throws where neither its answer nor anything else came in time.
    ///
    /// A pong can wait behind much data on a slow path, so whatever comes in counts as a sign of life.
    mutating func ping(now: Instant) throws(YamuxError) -> YamuxHeader? {
        if let sent {
            let isInTime = now < max(sent.at, self.lastInput) + self.timeout
            guard Defence.yamuxKeepAlive.holds(isInTime) else { throw .keepAliveTimeout }
            return nil
        }
        guard let nextPing, let interval, now >= nextPing else { return nil }
        self.counter &+= 1
        self.sent = (self.counter, now)
        self.nextPing = now + interval
        return YamuxHeader(type: .ping, flags: .syn, value: self.counter)
    }

    /// Notes a pong; returns the round trip where it answers our last ping.
    mutating func receivePong(_ value: UInt32, now: Instant) -> Duration? {
        guard let sent, sent.value == value else { return nil }
        self.sent = nil
        let elapsed = now - sent.at
        self.roundTrip = min(self.roundTrip ?? elapsed, elapsed)
        return elapsed
    }
}
