import Multiformats
import PeerIdentity
import Testing
import Transport

@testable import Swarm

/// Who is charged with what, who may have how much, and what is told of it.
struct ResourceManagerTests {
    private let peer: PeerID
    private let other: PeerID

    init() throws {
        self.peer = try PrivateKey.generate(.ed25519).publicKey.peerID
        self.other = try PrivateKey.generate(.ed25519).publicKey.peerID
    }

    private func manager(_ change: (inout ResourceLimits) -> Void = { _ in }) -> ResourceManager {
        var limits = ResourceLimits.unlimited
        change(&limits)
        return ResourceManager(limits)
    }

    private func use(of peer: PeerID, _ manager: ResourceManager) -> ResourceUse? {
        manager.report.peers.first { $0.peer == peer }?.use
    }

    @Test func `a connection is charged to nobody's account until its peer is known, then to the peer's`() throws {
        let manager = self.manager()
        let connection = try manager.connectionScope(.inbound, nil)
        #expect(manager.report.system.inboundConnections == 1)
        #expect(manager.report.system.fileDescriptors == 1)
        #expect(manager.report.transient.inboundConnections == 1)
        try connection.reserveMemory(100)
        try connection.setPeer(self.peer)
        #expect(manager.report.transient.isEmpty)
        #expect(self.use(of: self.peer, manager)?.inboundConnections == 1)
        #expect(self.use(of: self.peer, manager)?.memory == 100)
        try connection.reserveMemory(50)
        connection.releaseMemory(100)
        #expect(self.use(of: self.peer, manager)?.memory == 50)
        #expect(manager.report.system.memory == 50)
        connection.close()
        connection.close()
        #expect(manager.report.system.isEmpty)
        #expect(manager.report.peers.isEmpty, "the account of a peer that has nothing is gone")
    }

    @Test func `a stream is charged to its connection, its peer and, once it has one, its protocol`() throws {
        let manager = self.manager()
        let connection = try manager.connectionScope(.outbound, nil)
        try connection.setPeer(self.peer)
        let stream = try connection.streamScope(.inbound, memory: 1_000)
        #expect(manager.report.transient.inboundStreams == 1)
        #expect(manager.report.transient.memory == 1_000)
        try stream.setProtocol("/chat")
        try stream.reserveMemory(500)
        #expect(manager.report.transient.isEmpty)
        #expect(manager.report.protocols.map(\.name) == ["/chat"])
        #expect(manager.report.protocols.first?.use.memory == 1_500)
        #expect(self.use(of: self.peer, manager)?.memory == 1_500)
        #expect(manager.report.system.inboundStreams == 1)
        stream.releaseMemory(200)
        #expect(manager.report.system.memory == 1_300)
        stream.close()
        stream.close()
        #expect(manager.report.protocols.isEmpty)
        #expect(manager.report.system.inboundStreams == 0)
        connection.close()
        #expect(manager.report.system.isEmpty)
    }

    private enum Refusal: CaseIterable {
        case system, transient, peer, connection, protocolID, stream
    }

    @Test(arguments: Refusal.allCases)
    private func `whoever has too much is refused by its own account, and nothing is charged`(_ case: Refusal) throws {
        let manager = self.manager { limits in
            switch `case` {
            case .system: limits.system.memory = 2_000
            case .transient: limits.transient.memory = 2_000
            case .peer: limits.peer.memory = 2_000
            case .connection: limits.connection.memory = 2_000
            case .protocolID: limits.protocolID.memory = 2_000
            case .stream: limits.stream.memory = 2_000
            }
        }
        let connection = try manager.connectionScope(.inbound, nil)
        try connection.setPeer(self.peer)
        let stream = try connection.streamScope(.inbound, memory: 1_000)
        if `case` != .transient { try stream.setProtocol("/chat") }
        let before = manager.report
        let error = #expect(throws: ResourceLimitError.self) { try stream.reserveMemory(1_001) }
        let expected: ScopeName =
            switch `case` {
            case .system: .system
            case .transient: .transient
            case .peer: .peer(self.peer)
            case .connection: .connection
            case .protocolID: .protocolID("/chat")
            case .stream: .stream
            }
        #expect(error == ResourceLimitError(resource: .memory(1_001), scope: expected, limit: 2_000))
        #expect(manager.report.system == before.system)
        #expect(manager.report.peers == before.peers)
        #expect(manager.report.protocols == before.protocols)
        #expect(manager.report.transient == before.transient)
        #expect(manager.report.refusals.map(\.count) == [1])
        try stream.reserveMemory(1_000)
        stream.close()
        connection.close()
        #expect(manager.report.system.isEmpty)
    }

    @Test func `one peer has as many connections and streams as it may, and another its own`() throws {
        let manager = self.manager {
            $0.peer.connections = 2
            $0.peer.inboundStreams = 3
        }
        let connections = try (0..<3).map { _ in try manager.connectionScope(.inbound, nil) }
        try connections[0].setPeer(self.peer)
        try connections[1].setPeer(self.peer)
        let refused = #expect(throws: ResourceLimitError.self) { try connections[2].setPeer(self.peer) }
        #expect(refused?.scope == .peer(self.peer))
        #expect(refused?.limit == 2)
        try connections[2].setPeer(self.other)
        for connection in connections[..<2] { _ = try connection.streamScope(.inbound, memory: 0) }
        _ = try connections[0].streamScope(.inbound, memory: 0)
        #expect(throws: ResourceLimitError.self) { try connections[1].streamScope(.inbound, memory: 0) }
        _ = try connections[2].streamScope(.inbound, memory: 0)
        _ = try connections[1].streamScope(.outbound, memory: 0)
    }

    @Test func `strangers and streams without a protocol have an account of their own`() throws {
        let manager = self.manager {
            $0.transient.inboundConnections = 2
            $0.transient.streams = 1
        }
        let first = try manager.connectionScope(.inbound, nil)
        _ = try manager.connectionScope(.inbound, nil)
        let error = #expect(throws: ResourceLimitError.self) { try manager.connectionScope(.inbound, nil) }
        #expect(error?.scope == .transient)
        _ = try manager.connectionScope(.outbound, nil)
        try first.setPeer(self.peer)
        _ = try manager.connectionScope(.inbound, nil)
        let stream = try first.streamScope(.inbound, memory: 0)
        #expect(throws: ResourceLimitError.self) { try first.streamScope(.inbound, memory: 0) }
        // What peers leave half open keeps this node from asking nothing.
        _ = try first.streamScope(.outbound, memory: 0)
        try stream.setProtocol("/chat")
        _ = try first.streamScope(.inbound, memory: 0)
    }

    @Test func `a connection that was refused leaves no place taken in its network`() throws {
        let manager = self.manager {
            $0.networks.connectionsPerHost = 2
            $0.system.inboundConnections = 1
        }
        let address = try Multiaddr("/ip4/192.0.2.7/tcp/4001")
        let first = try manager.connectionScope(.inbound, address)
        for _ in 0..<10 {
            let error = #expect(throws: ResourceLimitError.self) { try manager.connectionScope(.inbound, address) }
            #expect(error?.scope == .system)
        }
        first.close()
        _ = try manager.connectionScope(.inbound, address)
    }

    @Test func `what was refused is counted by account and resource`() throws {
        let manager = self.manager { $0.system.fileDescriptors = 1 }
        try manager.reserve(.fileDescriptor)
        for _ in 0..<3 { #expect(throws: ResourceLimitError.self) { try manager.reserve(.fileDescriptor) } }
        #expect(throws: ResourceLimitError.self) { try manager.connectionScope(.outbound, nil) }
        let refusals = manager.report.refusals
        #expect(refusals.map(\.scope) == ["system"])
        #expect(refusals.map(\.resource) == ["file_descriptor"])
        #expect(refusals.map(\.count) == [4])
        manager.release(.fileDescriptor)
        try manager.reserve(.fileDescriptor)
    }

    @Test(arguments: [(0, 0), (128 << 20, 1_024), (6 << 30, 1 << 20), (1 << 40, 64), (64 << 20, .max), (.max, .max)])
    func `limits scale with the machine, and no one peer can have all`(memory: Int, descriptors: Int) {
        let limits = ResourceLimits(memory: memory, fileDescriptors: descriptors)
        #expect(limits.system.memory >= 64 << 20)
        #expect(limits.system.connections < limits.system.fileDescriptors)
        #expect(limits.peer.memory <= limits.system.memory / 4)
        #expect(limits.peer.streams <= limits.system.streams / 4)
        #expect(limits.peer.connections < limits.system.inboundConnections)
        #expect(limits.transient.inboundConnections >= 8)
        #expect(limits.connection.memory <= limits.peer.memory)
        // Connections are closed before newcomers are refused, and dials wait before they are.
        let policy = ConnectionPolicy.fitting(limits)
        #expect(1...limits.system.inboundConnections * 3 / 4 ~= policy.highWater)
        #expect(1..<policy.highWater ~= policy.lowWater)
        let room = limits.transient.connections - limits.transient.inboundConnections
        #expect(1...max(1, room) ~= DialLimits().within(limits).perNode)
    }

    @Test func `threads that charge at once lose nothing`() async throws {
        let manager = self.manager { $0.peer.memory = 1_000_000 }
        let peer = self.peer
        await withTaskGroup { group in
            for _ in 0..<8 {
                group.addTask {
                    for _ in 0..<500 {
                        guard let connection = try? manager.connectionScope(.inbound, nil) else { continue }
                        try? connection.setPeer(peer)
                        if let stream = try? connection.streamScope(.inbound, memory: 10) {
                            try? stream.setProtocol("/chat")
                            try? stream.reserveMemory(5)
                            stream.close()
                        }
                        connection.close()
                    }
                }
            }
        }
        #expect(manager.report.system.isEmpty)
        #expect(manager.report.transient.isEmpty)
        #expect(manager.report.peers.isEmpty)
        #expect(manager.report.protocols.isEmpty)
    }
}
