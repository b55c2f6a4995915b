/// What `apus-peer --help` prints; Interop/apus-peer.md says more.
enum Usage {
    static let text = """
        apus-peer: a peer for tests and benchmarks

        Usage: apus-peer run [--listen MULTIADDR]... [--key-type TYPE] [--key-file FILE] [--seed N] [--agent NAME]
                             [--connect MULTIADDR]... [--external MULTIADDR]... [--alias NEW=OLD]...
                             [--security noise|both] [--transports tcp] [--psk FILE] [--no-limits] [--mdns]
               apus-peer bench server  [--listen MULTIADDR]...
               apus-peer bench bulk    --addr M [--up BYTES] [--down BYTES] [--streams N] [--repeat R]
               apus-peer bench ping    --addr M [--count N]
               apus-peer bench request --addr M [--bytes N] [--pipeline D] [--seconds S]
               apus-peer bench connect --addr M [--seconds S] [--parallel N] [--same-key]
               apus-peer bench stream  --addr M [--seconds S] [--parallel N]
               apus-peer bench idle    --addr M [--connections N] [--seconds S]
                     each of these also     [--no-polling] [--no-key-cache] [--paced]
               apus-peer contract transport|perf          reads the environment of libp2p's test suites
               apus-peer contract perf --server-address H:P [--run-server | --upload-bytes N --download-bytes N]
               apus-peer store --path FILE [--from N]     writes peers and rules until it is ended
               apus-peer version | help

        "run" reads one command a line on standard input, such as {"cmd":"echo","peer":ID,"bytes":1000}, with cmd one
        of connect, disconnect, peers, conns, addrs, identify, ping, echo, request, perf, reset and quit.
        Exit codes: 0 it is done; 1 it failed; 2 the command line is wrong.

        """

    /// Whether the words ask for it.
    static func isWanted(by arguments: [String]) -> Bool {
        arguments.first == "help" || arguments.contains("--help") || arguments.contains("-h")
    }
}
