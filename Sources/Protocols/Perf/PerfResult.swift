/// How long one exchange of `/perf/1.0.0` took.
public struct PerfResult: Sendable, Hashable {
    /// From the opening of the stream to the first byte, or the end, of the answer: only then the server has read all.
    public let uploadTime: Duration
    /// From there to the end of the answer.
    public let downloadTime: Duration
    /// From the opening of the stream to the end of the answer.
    public var total: Duration { self.uploadTime + self.downloadTime }

    /// The two parts of one exchange.
    public init(uploadTime: Duration, downloadTime: Duration) {
        self.uploadTime = uploadTime
        self.downloadTime = downloadTime
    }
}

/// What one interval of an exchange moved, about a second of it.
public struct PerfProgress: Sendable, Hashable {
    /// How long the interval was.
    public let time: Duration
    /// Bytes that were handed to the network in the interval.
    public let uploadedBytes: UInt64
    /// Bytes that came in in the interval.
    public let downloadedBytes: UInt64

    /// What was moved within `time`.
    public init(time: Duration, uploadedBytes: UInt64, downloadedBytes: UInt64) {
        self.time = time
        self.uploadedBytes = uploadedBytes
        self.downloadedBytes = downloadedBytes
    }
}
