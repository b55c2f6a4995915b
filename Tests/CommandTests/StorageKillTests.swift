import Bytes
import Foundation
import Multiformats
import PeerIdentity
import Storage
import Swarm
import Testing

/// A process that writes peers and rules, ended by SIGKILL again and again in the middle of it.
struct StorageKillTests {
    private static let kills = 50
    /// How many peers the program shares its addresses out to.
    private static let peers = 512

    /// The numbers that a process reported as committed.
    private struct Reported {
        var peers: Set<Int> = []
        var rules: Set<Int> = []
        var next = 0

        mutating func read(_ line: some StringProtocol) {
            let words = line.split(separator: " ")
            guard words.count == 2, let number = Int(words[1]) else { return }
            if words[0] == "peer" { self.peers.insert(number) } else { self.rules.insert(number) }
            self.next = max(self.next, number + 1)
        }
    }

    @Test func `a process that is killed at any point of writing loses nothing that it reported as committed`()
        async throws
    {
        let directory = try TemporaryDirectory()
        let path = directory.file("peers.sqlite")
        var reported = Reported()
        var random = SystemRandomNumberGenerator()
        for kill in 0..<Self.kills {
            let process = try CommandProcess.start(
                ["store", "--path", path, "--from", "\(reported.next)"], program: CommandProcess.apusPeer)
            #expect(await process.output.line(containing: "open") != nil, "kill \(kill)")
            // It goes on writing while its lines are read, so it is anywhere in a transaction when the signal comes.
            for _ in 0..<Int.random(in: 0..<40, using: &random) {
                reported.read(await process.output.line(containing: " ") ?? "")
            }
            process.signal(SIGKILL)
            let outcome = try await process.finish()
            #expect(outcome.exitCode == 128 + SIGKILL)
            // The last line may be cut; whole ones are promises.
            for line in outcome.output.split(separator: "\n", omittingEmptySubsequences: false).dropLast() {
                reported.read(line)
            }
        }
        #expect(reported.peers.count >= Self.kills)
        let (peers, rules) = try await Self.stored(at: path)
        // Of each peer the newest address comes first: it is the last one reported, or one that was written behind it.
        for (peer, numbers) in Dictionary(grouping: reported.peers, by: { $0 % Self.peers }) {
            let newest = try #require(peers[try Self.peer(peer)]?.first, "peer \(peer)")
            #expect(try Self.number(of: newest) >= numbers.max() ?? 0, "peer \(peer)")
        }
        for number in reported.rules.sorted() {
            #expect(rules.contains(try #require(AccessTarget(Self.host(number)))), "rule \(number)")
        }
        let files = try FileManager.default.contentsOfDirectory(atPath: directory.path)
        #expect(!files.contains { $0.contains("damaged") })
    }

    private static func stored(at path: String) async throws -> ([PeerID: [Multiaddr]], Set<AccessTarget>) {
        let storage = try await NodeDatabase.open(path, setsDamagedAside: false)
        let (peers, rules) = try await storage.perform { database throws(StorageError) in
            (try StoredPeer.all(in: database, isRunning: true), try AccessRows.read(database))
        }
        await storage.close()
        return (
            Dictionary(uniqueKeysWithValues: peers.map { ($0.peer, $0.addresses.map(\.address)) }),
            Set(rules.map(\.target))
        )
    }

    // MARK: What the program writes (Interop/apus-peer/StoreCommand.swift)

    private static func host(_ number: Int) -> String {
        "10.\(number >> 16 & 255).\(number >> 8 & 255).\(number & 255)"
    }

    private static func number(of address: Multiaddr) throws -> Int {
        try #require(address.ipAddress).octets.dropFirst().reduce(0) { $0 << 8 | Int($1) }
    }

    private static func peer(_ number: Int) throws -> PeerID {
        let head: [UInt8] = [0x00, 0x24, 0x08, 0x01, 0x12, 0x20] + [UInt8](repeating: 7, count: 28)
        return try PeerID(bytes: Bytes(head + [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: number >> $0) }))
    }
}
