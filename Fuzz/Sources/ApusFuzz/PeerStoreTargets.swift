import Bytes
import Multiformats
import PeerIdentity

@testable import Swarm

extension FuzzTarget {
    /// What happens to a peer table, as a script: an operation, a peer, a source and some addresses at a time. Bounds and
    /// accounts hold whatever it says.
    static let peerTable = FuzzTarget(name: "peer-table") { input in
        let known = Self.addresses
        var table = PeerTable(keepsChanges: true)
        var now = Instant(nanoseconds: 0)
        var reader = BytesReader(input)
        // Bounded, since each can bring many addresses.
        var operations = 0
        while operations < 64, let operation = try? reader.readUInt8(), let number = try? reader.readUInt8(),
            let detail = try? reader.readUInt8(), let peer = try? peer(number)
        {
            operations += 1
            let source = AddressSource(rawValue: Int(detail % 8)) ?? .told
            let count = Int(operation >> 3)
            // Mostly few, now and then more than a peer may have: each is held against all that are known.
            let addresses = known[Int(detail)].prefix(count < 24 ? count : count * 4)
            switch operation & 7 {
            case 0: table.add(Array(addresses), of: peer, as: source, now: now)
            case 1: table.connected(peer, at: addresses.first, now: now)
            case 2: table.disconnected(peer, now: now)
            case 3:
                let sequence = (try? reader.readInteger(UInt64.self)) ?? .max
                // Time that passed can have the peer forgotten before, and its record with it.
                let former = table.entry(of: peer).flatMap { entry in
                    let isOld = !entry.isConnected && entry.lastSeen + PeerStoreLimits.peerAge <= now
                    return isOld ? nil : entry.record?.sequence
                }
                let isKnown = table.entry(of: peer)?.record != nil
                let isTaken = table.accept(
                    sequence: sequence, envelope: input, addresses: Array(addresses), of: peer, now: now)
                precondition(
                    isTaken == (sequence >= former ?? 0) || (former == nil && isKnown), "the newer record holds")
            case 4:
                let text = String(decoding: (try? reader.readBytes(Int(detail))) ?? Bytes(), as: UTF8.self)
                table.describe(
                    peer, protocols: Array(repeating: text, count: Int(count) * 8), agentVersion: text, now: now)
            case 5: table.remove(Array(addresses), of: peer, now: now)
            case 6: detail > 200 ? table.remove(peer, now: now) : table.putBack(table.takeChanges(Int(detail)))
            default: now = now + .seconds(Int64(bitPattern: (try? reader.readInteger(UInt64.self)) ?? 60))
            }
        }
        check(table)
    } seeds: {
        [
            [
                0x28, 1, 2, 0x09, 1, 0, 0x03, 1, 0, 0, 0, 0, 0, 0, 0, 0, 9, 0x02, 1, 0, 0x07, 1, 0, 0, 0, 0, 0, 0, 0, 0,
                60,
            ],
            [0x18, 7, 4, 0x0c, 7, 3, 0x2f, 0x61, 0x62, 0x06, 7, 9, 0x1d, 7, 4, 0x06, 7, 255],
        ]
    }

    /// For each detail the addresses that an operation can name, made once: to make them took half of the time.
    private static let addresses: [[Multiaddr]] = (0..<256).map { (detail: UInt32) in
        (0..<124).map { Multiaddr(.v4(IPv4Address(rawValue: detail << 8 | $0)), tcp: 1) }
    }

    private static func peer(_ number: UInt8) throws -> PeerID {
        try PeerID(bytes: Bytes([0x00, 0x24, 0x08, 0x01, 0x12, 0x20] + [UInt8](repeating: number, count: 32)))
    }

    private static func check(_ table: PeerTable) {
        var (count, bytes) = (0, 0)
        for peer in table.peers {
            guard let entry = table.entry(of: peer) else { preconditionFailure("a peer has an entry") }
            precondition(entry.addresses.count <= 64 && entry.protocols.count <= 128, "what a peer takes is bounded")
            if !entry.isProtected { (count, bytes) = (count + 1, bytes + entry.bytes) }
        }
        precondition(table.evictableCount == count && table.evictableBytes == bytes, "the accounts are right")
    }

    /// The text of an access rule's target; one that is read is written and read again.
    static let accessTarget = FuzzTarget(name: "access-target") { input in
        guard let text = input.utf8Text, let target = AccessTarget(text) else { return }
        precondition(AccessTarget(target.description) == target, "the text of a target is the target")
    } seeds: {
        [
            "192.0.2.0/24", "2001:db8::/32", "::ffff:192.0.2.1", "12D3KooWD3eckifWpRn9wQpMG9R9hX3sD158z7EqHWmweQAJU5SA",
            "bafzaajaiaejcbqzepdiqqoztmkftxnrx6qaqzrsy7s6x4hf5ot5e5dpdtjdtvd3q",
        ].map { Bytes(utf8: $0) }
    }
}
