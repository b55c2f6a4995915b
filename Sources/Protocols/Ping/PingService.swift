public import Swarm
import Transport

/// Answers `/ipfs/ping/1.0.0` (libp2p ping).
public enum PingService {
    /// The protocol's name in the specification.
    public static let protocolID = "/ipfs/ping/1.0.0"

    /// Echoes what peers send on ping streams, at most two of them a connection; more are reset.
    public static func serve(on swarm: Swarm) {
        self.serve(on: swarm, idleTime: PingLimits.idleTime)
    }

    static func serve(on swarm: Swarm, idleTime: Duration) {
        let limit = InboundStreamLimit(PingLimits.inboundStreams)
        swarm.handle(self.protocolID) { stream in
            guard limit.enter(stream.connection) else {
                return RefusedStream(stream, code: StreamErrorCode.resourceLimitExceeded)
            }
            return PingResponder(stream, idleTime: idleTime) { limit.leave(stream.connection) }
        }
    }
}
