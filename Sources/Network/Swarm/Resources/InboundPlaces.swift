/// How many inbound connections may stand, and how many handshakes may be under way, before one of them gives way.
///
/// A newcomer is charged to the node before anything can give way for it. So all that may be at once, and one more, must fit
/// what `ResourceLimits` allow: connections that stand, handshakes, those that are ending, and dials.
struct InboundPlaces: Sendable {
    /// How many handshakes may be under way.
    let handshakes: Int
    /// How many inbound connections may stand however few outbound ones there are.
    private let inbound: Int
    /// How many connections may stand at all.
    private let all: Int

    /// The places of a node that begins at most so many `dials` at once.
    init(_ limits: ResourceLimits, dials: Int = 0) {
        let all = min(limits.system.connections, limits.system.fileDescriptors)
        let inbound = min(limits.system.inboundConnections, all)
        // A sixth is left to handshakes and to what is ending; more where that is a handful.
        let reserve = inbound < .max ? max(inbound / 6, min(8, inbound / 3)) : .max
        self.handshakes = max(min(limits.transient.inboundConnections / 2, reserve - 1), 1)
        self.inbound = inbound < .max ? inbound - reserve : .max
        self.all = all < .max ? all - self.handshakes - dials - 1 : .max
    }

    /// How many inbound connections may stand beside so many outbound ones.
    func standing(besideOutbound outbound: Int) -> Int {
        max(min(self.inbound, self.all < .max ? self.all - outbound : .max), 1)
    }
}
