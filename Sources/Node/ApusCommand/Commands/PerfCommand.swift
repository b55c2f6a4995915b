import Apus

/// `apus perf`: how fast a connection to a peer is.
enum PerfCommand {
    static let upload = Option(
        "upload", "BYTES", .size, defaults: ["64MiB"],
        help: "How much to send, such as 1000, 500kB or 64MiB.")
    static let download = Option(
        "download", "BYTES", .size, defaults: ["64MiB"],
        help: "How much to ask for.")
    static let stallTimeout = Option(
        "stall-timeout", "TIME", .timeLimit, defaults: [PerfService.stallTimeout.optionText],
        help: "How long nothing may move in either direction before the peer is given up.")

    static let command = Command(
        "perf", summary: "measure how fast data goes to and from a peer",
        discussion:
            "It connects, sends over /perf/1.0.0, and then receives. The peer must answer that protocol, as \"apus run "
            + "--perf\" does. Times run from the opening of the stream; a rate of --upload counts what the peer has read.",
        operands: [ShortLivedNode.address],
        options: [Self.upload.declaration, Self.download.declaration, Self.stallTimeout.declaration]
            + ShortLivedNode.options,
        examples: [
            Command.Example(
                "apus perf /ip4/127.0.0.1/tcp/4001/p2p/12D3KooW... --upload 1GiB --download 1GiB",
                "Moves a gibibyte each way."),
            Command.Example(
                "apus perf /ip4/127.0.0.1/tcp/4001/p2p/12D3KooW... --upload 0 --download 256MiB --json",
                "Measures the download alone, for a program."),
        ],
        perform: Self.perform)

    private static func perform(_ invocation: Invocation) async throws {
        let upload = try invocation.values[Self.upload]
        let download = try invocation.values[Self.download]
        let stallTimeout = try invocation.values[Self.stallTimeout]
        let (peer, result) = try await ShortLivedNode.withConnection(invocation) { _, connection in
            let result = try await PerfService.measure(
                on: connection, upload: upload.bytes, download: download.bytes, stallTimeout: stallTimeout)
            return (connection.remotePeer, result)
        }
        if invocation.isJSON {
            try await invocation.output.json(
                .object([
                    "peer": .string("\(peer)"),
                    "upload_bytes": .integer(upload.bytes),
                    "upload_seconds": .decimal(result.uploadTime.seconds, digits: 6),
                    "upload_bytes_per_second": .decimal(Self.rate(upload, result.uploadTime), digits: 0),
                    "download_bytes": .integer(download.bytes),
                    "download_seconds": .decimal(result.downloadTime.seconds, digits: 6),
                    "download_bytes_per_second": .decimal(Self.rate(download, result.downloadTime), digits: 0),
                    "total_seconds": .decimal(result.total.seconds, digits: 6),
                ]))
        } else {
            try await invocation.output.line(Self.text("upload", upload, result.uploadTime))
            try await invocation.output.line(Self.text("download", download, result.downloadTime))
        }
    }

    private static func rate(_ size: ByteSize, _ duration: Duration) -> Double {
        duration > .zero ? Double(size.bytes) / duration.seconds : 0
    }

    static func text(_ name: String, _ size: ByteSize, _ duration: Duration) -> String {
        let rate = Self.rate(size, duration)
        return "\(name) \(size) in \(duration.seconds.text(digits: 3)) s: \(ByteSize.text(rate))/s "
            + "(\((rate * 8 / 1e6).text(digits: 1)) Mbit/s)"
    }
}
