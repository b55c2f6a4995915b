import Bytes
import Multiformats
import PeerIdentity
import Testing

@testable import Swarm

struct AddressBookTests {
    @Test func `the newest addresses of a peer come first, each once`() throws {
        let book = AddressBook()
        let peer = try Self.peer(1)
        let addresses = try (1...3).map { try Multiaddr("/ip4/192.0.2.\($0)/tcp/4001") }
        book.add([addresses[0], addresses[1]], of: peer)
        book.add([addresses[2], addresses[0]], of: peer)
        #expect(book.addresses(of: peer) == [addresses[2], addresses[0], addresses[1]])
    }

    @Test func `a peer has 64 addresses at most, and 8 KiB of them`() throws {
        let book = AddressBook()
        let short = try (0..<100).map { try Multiaddr("/ip4/192.0.2.\($0)/tcp/4001") }
        book.add(short, of: try Self.peer(1))
        #expect(book.addresses(of: try Self.peer(1)) == Array(short.prefix(64)))
        let long = try (0..<64).map { try Multiaddr("/dns4/\($0).\(String(repeating: "a.", count: 400))test/tcp/1") }
        book.add(long, of: try Self.peer(2))
        let kept = book.addresses(of: try Self.peer(2))
        #expect(kept == Array(long.prefix(kept.count)))
        #expect(kept.count >= 8 && kept.reduce(0) { $0 + $1.bytes.count } <= 8_192)
    }

    @Test func `however many peers come with however much, the book stays small and keeps the newest`() throws {
        let book = AddressBook()
        let names = try (0..<64).map { try Multiaddr("/dns4/\($0).\(String(repeating: "a.", count: 400))test/tcp/1") }
        let peers = try (0..<2_000).map { try Self.peer($0) }
        for peer in peers { book.add(names, of: peer) }
        #expect(book.byteCount <= AddressBook.totalBytes)
        #expect(book.addresses(of: peers[0]).isEmpty)
        #expect(!book.addresses(of: peers[1_999]).isEmpty)
        #expect(peers.count { !book.addresses(of: $0).isEmpty } > 400)
    }

    @Test func `an address that is noted for the oldest peer stays, however full the book is`() throws {
        let book = AddressBook()
        let names = try (0..<64).map { try Multiaddr("/dns4/\($0).\(String(repeating: "a.", count: 400))test/tcp/1") }
        let address = try Multiaddr("/ip4/192.0.2.1/tcp/4001")
        var peers: [PeerID] = []
        // As many as there is room for: each but the first takes all that a peer may.
        while peers.isEmpty || book.byteCount + 8_192 <= AddressBook.totalBytes {
            peers.append(try Self.peer(peers.count))
            book.add(peers.count == 1 ? [address] : names, of: peers[peers.count - 1])
        }
        book.add([address] + names, of: peers[0])
        book.add(names, of: try Self.peer(peers.count))
        #expect(book.addresses(of: peers[0]).first == address)
        #expect(book.addresses(of: peers[1]).isEmpty)
        #expect(book.byteCount <= AddressBook.totalBytes)
    }

    /// A peer whose identity multihash holds the number.
    private static func peer(_ number: Int) throws -> PeerID {
        let seed = withUnsafeBytes(of: UInt64(number).bigEndian) { Array($0) } + [UInt8](repeating: 0, count: 24)
        return PeerID(try PrivateKey(ed25519Seed: Bytes(seed)).publicKey)
    }

    @Test func `an address is heard of until the program itself notes it`() throws {
        let book = AddressBook()
        let peer = try PrivateKey.generate().peerID
        let addresses = try (1...3).map { try Multiaddr("/ip4/192.0.2.\($0)/tcp/1") }
        book.add([addresses[0]], of: peer)
        book.add(addresses, of: peer, areHeard: true)
        #expect(book.heardAddresses(of: peer) == [addresses[1], addresses[2]])
        book.add([addresses[1]], of: peer)
        book.add([addresses[1]], of: peer, areHeard: true)
        #expect(book.heardAddresses(of: peer) == [addresses[2]])
        #expect(Set(book.addresses(of: peer)) == Set(addresses))
    }
}
