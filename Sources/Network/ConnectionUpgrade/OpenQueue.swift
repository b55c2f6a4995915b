import Bytes
import Transport

/// A stream that somebody asked for.
struct OpenRequest {
    let protocols: [String]
    let deadline: Instant
    let completion: (Result<LoopStream, StreamError>) -> Void
}

/// Streams that wait until the peer may be asked for more of them, in the order in which they were asked for.
struct OpenQueue {
    private var requests = RingQueue<OpenRequest>()

    /// The earliest deadline of those that were added; it may belong to a request that was served by now.
    private(set) var nextDeadline: Instant?

    mutating func append(_ request: OpenRequest) {
        self.requests.append(request)
        self.nextDeadline = min(self.nextDeadline ?? request.deadline, request.deadline)
    }

    mutating func popFirst() -> OpenRequest? {
        guard let first = self.requests.popFirst() else { return nil }
        if self.requests.isEmpty { self = OpenQueue() }
        return first
    }

    mutating func takeAll() -> [OpenRequest] {
        var all: [OpenRequest] = []
        while let request = self.popFirst() { all.append(request) }
        return all
    }

    /// Takes out the requests that are late: whoever asked with less time is not kept waiting by those before.
    mutating func takeExpired(now: Instant) -> [OpenRequest] {
        guard let nextDeadline, nextDeadline <= now else { return [] }
        let waiting = self.takeAll()
        for request in waiting where request.deadline > now { self.append(request) }
        return waiting.filter { $0.deadline <= now }
    }
}
