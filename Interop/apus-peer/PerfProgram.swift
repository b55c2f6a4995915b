import Apus

/// The perf program of the older test-plans: a server at a known address, and clients that are told no peer ID.
enum PerfProgram {
    static func run(_ texts: [String]) async throws {
        let arguments = try Arguments(
            texts, of: "contract perf",
            Arguments.Flags(
                values: ["server-address", "transport", "upload-bytes", "download-bytes"], switches: ["run-server"]))
        let transport = arguments.string("transport") ?? "tcp"
        guard transport == "tcp" else {
            throw UsageError("contract perf: --transport \(transport): this peer has tcp alone so far")
        }
        let address = try self.address(arguments.required("server-address"))
        if arguments.has("run-server") {
            try await self.serve(at: address)
        } else {
            try await self.measure(
                address, upload: arguments.number("upload-bytes", default: 0, in: 0...UInt64.max),
                download: arguments.number("download-bytes", default: 0, in: 0...UInt64.max))
        }
    }

    /// The multiaddr of `host:port`; the host is an IP address, in brackets where it is IPv6, or a name.
    private static func address(_ text: String) throws(UsageError) -> Multiaddr {
        guard let colon = text.lastIndex(of: ":"), let port = UInt16(text[text.index(after: colon)...]) else {
            throw UsageError("contract perf: --server-address \(text): expected host:port")
        }
        let host = text[..<colon].trimmingPrefix("[").prefix { $0 != "]" }
        if let ip = IPAddress(String(host)) { return Multiaddr(ip, tcp: port) }
        do {
            return try Multiaddr(MultiaddrEndpoint(.name(String(host), family: .any), .tcp, port: port))
        } catch {
            throw UsageError("contract perf: --server-address \(text): \(error)")
        }
    }

    /// The suite's clients cannot be told who the server is: go's expects the key whose seed is all zero.
    private static func serve(at address: Multiaddr) async throws {
        var configuration = NodeConfiguration()
        configuration.identity = .key(try PrivateKey(ed25519Seed: Bytes([UInt8](repeating: 0, count: 32))))
        configuration.listen = [address]
        configuration.servesPerf = true
        try await withNode(configuration) { node in
            Output.log("listening at \(node.addresses)")
            while true { try await Task.sleep(for: .seconds(3_600)) }
        }
    }

    private static func measure(_ address: Multiaddr, upload: UInt64, download: UInt64) async throws {
        try await withNode { node in
            let start = EventLoop.monotonicNow()
            // Nobody else dials without knowing whom.
            let connection = try await node.swarm.connect(toWhoeverIsAt: address)
            _ = try await PerfService.measure(on: connection, upload: upload, download: download) { progress in
                self.print(
                    "intermediary", progress.time, up: progress.uploadedBytes, down: progress.downloadedBytes)
            }
            self.print("final", EventLoop.monotonicNow() - start, up: upload, down: download)
        }
    }

    private static func print(_ type: JSON, _ time: Duration, up: UInt64, down: UInt64) {
        Output.emit([
            "type": type, "timeSeconds": .number(time.inSeconds), "uploadBytes": JSON(up), "downloadBytes": JSON(down),
        ])
    }
}
