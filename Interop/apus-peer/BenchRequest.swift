import Apus

/// `/bench/req/1.0.0` on one stream with a number of requests in flight.
enum BenchRequest {
    static func run(_ options: (arguments: Arguments, address: Multiaddr)) async throws {
        let arguments = options.arguments
        let size = try arguments.number("bytes", default: 64, in: 0...RequestResponder.maximumRequest)
        let depth = try arguments.count("pipeline", default: 1, limit: 1 << 20)
        let time = try arguments.duration("seconds", default: 5)
        try await BenchClient.withConnection(options) { connection in
            let (count, measurement, elapsed) = try await connection.exchange(TestProtocols.request) {
                RequestSeries($0, size: size, depth: depth, time: time, result: $1)
            }
            measurement.emit(
                "request",
                [
                    "bytes": JSON(size), "pipeline": JSON(depth), "requests": JSON(count), "seconds": elapsed.seconds,
                    "per_s": elapsed.rate(count),
                ])
        }
    }
}
