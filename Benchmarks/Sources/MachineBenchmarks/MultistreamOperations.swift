import Bytes
import MultistreamSelect

/// Whole negotiations between a dialer and a listener.
enum MultistreamOperations {
    static let all: [(name: String, run: @Sendable (Int) throws -> Void)] = [
        ("multistream", { try Self.negotiate($0, proposals: ["/ipfs/ping/1.0.0"]) }),
        ("multistream-second", { try Self.negotiate($0, proposals: ["/chat/2.0.0", "/ipfs/ping/1.0.0"]) }),
    ]

    private static func negotiate(_ count: Int, proposals: [String]) throws {
        for _ in 0..<count {
            var dialer = try MultistreamDialer(protocols: proposals)
            var listener = MultistreamListener()
            while dialer.agreedProtocol == nil {
                if let output = dialer.nextOutput() {
                    var reader = BytesReader(output)
                    _ = try listener.receive(&reader, accepts: { $0 == "/ipfs/ping/1.0.0" }, list: { [] })
                }
                if let output = listener.nextOutput() {
                    var reader = BytesReader(output)
                    _ = try dialer.receive(&reader)
                }
            }
        }
    }
}
