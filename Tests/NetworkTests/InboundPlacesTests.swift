import Testing

@testable import Swarm

/// How many inbound connections and handshakes there is room for.
struct InboundPlacesTests {
    @Test(arguments: [1, 64, 128, 1_024, 8_192], [40, 64, 150, 256, 1_024, 65_536])
    func `beside all that may be at once there is room for one that comes`(mebibytes: Int, descriptors: Int) {
        let limits = ResourceLimits(memory: mebibytes << 20, fileDescriptors: descriptors)
        let dials = DialLimits().within(limits).perNode
        let places = InboundPlaces(limits, dials: dials)
        #expect(places.handshakes >= 4)
        #expect(places.handshakes < limits.transient.inboundConnections)
        #expect(places.standing(besideOutbound: 0) >= ConnectionPolicy.fitting(limits).highWater)
        for outbound in 0...limits.system.connections {
            let standing = places.standing(besideOutbound: outbound)
            #expect(standing + places.handshakes < limits.system.inboundConnections)
            if standing > 1 { #expect(standing + outbound + places.handshakes + dials < limits.system.connections) }
        }
    }

    @Test(arguments: [0, 1, 2, 3, 6, 12, 384], [0, 1, 8, .max])
    func `limits of any size leave a place`(inbound: Int, handshakes: Int) {
        var limits = ResourceLimits.unlimited
        limits.system.inboundConnections = inbound
        limits.transient.inboundConnections = handshakes
        let places = InboundPlaces(limits, dials: 160)
        #expect(places.handshakes >= 1)
        #expect(places.standing(besideOutbound: .max) >= 1)
        #expect(inbound < 3 || places.standing(besideOutbound: 0) + places.handshakes <= inbound)
        limits.system.connections = inbound
        #expect(InboundPlaces(limits, dials: 160).standing(besideOutbound: 1_000) == 1)
    }

    @Test func `without limits there are places for everybody`() {
        let places = InboundPlaces(.unlimited, dials: 160)
        #expect(places.standing(besideOutbound: 1_000_000) == .max)
        #expect(places.handshakes > 1_000_000)
    }

    @Test(arguments: [(2, 1), (4, 2), (32, 16), (33, 16)])
    func `a crowd that stays silent takes half of the places for handshakes from those that have spoken`(
        _ places: Int, _ half: Int
    ) {
        let connections = HalfOpenConnections(places: places)
        func enter() -> HalfOpenConnections.Place {
            connections.takeExcess()?()
            return connections.enter {}
        }
        var spoken: [HalfOpenConnections.Place] = []
        for _ in 0..<places { spoken.append(connections.spoke(enter())) }
        for _ in 0..<100 { _ = enter() }
        // What was entered and is not there any more has no end to take out.
        #expect(spoken.count { connections.leave($0) } == places - half)
    }

    @Test func `a crowd that has spoken leaves half of the places to those that come`() {
        let connections = HalfOpenConnections(places: 8)
        var silent: [HalfOpenConnections.Place] = []
        for _ in 0..<3 { silent.append(connections.enter {}) }
        for _ in 0..<100 {
            connections.takeExcess()?()
            _ = connections.spoke(connections.enter {})
        }
        #expect(silent.count { connections.leave($0) } == 3)
    }
}
