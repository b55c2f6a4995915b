import Bytes

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// The sequence numbers of this node's peer records: nanoseconds since 1970, and always more than before (libp2p RFC 0003,
/// "seq"), so that they grow from one run of the node to the next too.
final class RecordSequence: Sendable {
    private let last = Locked<UInt64>(0)

    func next() -> UInt64 {
        let now = UInt64(max(0, Date().timeIntervalSince1970) * 1e9)
        return self.last.withLock { last in
            last = max(now, last + 1)
            return last
        }
    }
}
