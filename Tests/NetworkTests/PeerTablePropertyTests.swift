import Bytes
import Multiformats
import PeerIdentity
import TestSupport
import Testing

@testable import Swarm

/// Whatever happens in whatever order, the bounds hold, and what is written is what is known.
struct PeerTablePropertyTests {
    private struct Bench {
        var table = PeerTable(keepsChanges: true)
        var random: SeededGenerator
        var now = Instant(nanoseconds: 0)
        /// What a database would hold.
        var stored: [PeerID: PeerEntry] = [:]
        /// The highest record of each peer that may still be known.
        var sequences: [PeerID: UInt64] = [:]

        mutating func step() throws {
            let peer = try PeerSamples.peer(Int.random(in: 0..<40, using: &self.random))
            let addresses = (0..<Int.random(in: 0..<90, using: &self.random)).map { _ in
                PeerSamples.address(Int.random(in: 0..<120, using: &self.random))
            }
            switch Int.random(in: 0..<12, using: &self.random) {
            case 0...3:
                let source = AddressSource.allCases.randomElement(using: &self.random) ?? .told
                self.table.add(addresses, of: peer, as: source, now: self.now)
            case 4, 5: try self.accept(addresses, of: peer)
            case 6: self.table.connected(peer, at: addresses.first, now: self.now)
            case 7: self.table.disconnected(peer, now: self.now)
            case 8: self.table.describe(peer, protocols: ["/\(addresses.count)"], agentVersion: "x", now: self.now)
            case 9: self.table.remove(Array(addresses.prefix(20)), of: peer, now: self.now)
            case 10: if addresses.count < 20 { self.table.remove(peer, now: self.now) }
            default: self.now = self.now + .seconds(Int.random(in: 0..<4_000, using: &self.random))
            }
            if self.table.entry(of: peer)?.record == nil { self.sequences[peer] = nil }
        }

        private mutating func accept(_ addresses: [Multiaddr], of peer: PeerID) throws {
            self.table.removeExpired(now: self.now)
            if self.table.entry(of: peer) == nil { self.sequences[peer] = nil }
            let sequence = UInt64.random(in: 0..<50, using: &self.random)
            let isAccepted = self.table.accept(
                sequence: sequence, envelope: Bytes([1]), addresses: addresses, of: peer, now: self.now)
            if let known = self.sequences[peer] { #expect(isAccepted == (sequence >= known)) }
            let record = try #require(self.table.entry(of: peer)?.record)
            if isAccepted { self.sequences[peer] = sequence }
            #expect(record.sequence >= sequence)
        }

        mutating func check() throws {
            var (count, bytes) = (0, 0)
            for peer in self.table.peers {
                let entry = try #require(self.table.entry(of: peer))
                #expect(entry.addresses.count <= 64)
                #expect(Set(entry.addresses.map(\.address)).count == entry.addresses.count)
                if !entry.isProtected { (count, bytes) = (count + 1, bytes + entry.bytes) }
            }
            #expect(count == self.table.evictableCount && bytes == self.table.evictableBytes)
        }

        mutating func write() throws {
            while true {
                let changes = self.table.takeChanges(7)
                if changes.isEmpty { break }
                // Now and then a write fails.
                if Int.random(in: 0..<5, using: &self.random) == 0 {
                    self.table.putBack(changes)
                    continue
                }
                for change in changes { self.stored[change.peer] = change.entry }
            }
            #expect(!self.table.hasChanges)
            #expect(self.stored.keys.sorted() == self.table.peers)
            for peer in self.table.peers { #expect(self.stored[peer] == self.table.entry(of: peer)) }
        }
    }

    @Test(arguments: 0..<20 as Range<UInt64>) func `bounds and accounts hold, and every change is written`(
        seed: UInt64
    ) throws {
        var bench = Bench(random: SeededGenerator(seed: seed))
        for step in 1...400 {
            try bench.step()
            if step % 20 == 0 { try bench.check() }
            if step % 50 == 0 { try bench.write() }
        }
    }

    @Test func `changes that nobody takes in time take no more room than the peers`() throws {
        var table = PeerTable(keepsChanges: true)
        for number in 0..<(3 * PeerStoreLimits.peers) {
            table.add([PeerSamples.address(1)], of: try PeerSamples.peer(number), as: .added, now: .zero)
        }
        var changes = 0
        while case let batch = table.takeChanges(1_000), !batch.isEmpty {
            changes += batch.count
            #expect(batch.allSatisfy { $0.entry != nil })
        }
        #expect(changes == PeerStoreLimits.peers)
    }
}
