import Apus
import Bytes
import EventLoop
import Foundation
import Multiformats
import PeerIdentity
import Synchronization
import Transport

/// A program that floods a node in one way (Interop/README.md, "Floods").
@main
struct HostilePeer {
    private static let strikes = Atomic(0)
    private static let refusals = Atomic(0)

    static func main() {
        do {
            let command = try Command(Array(ProcessInfo.processInfo.arguments.dropFirst()))
            try self.run(command)
        } catch {
            FileHandle.standardError.write(Data("hostile-peer: \(error)\n".utf8))
            exit(error is Command.UsageError ? 2 : 1)
        }
    }

    private static func run(_ command: Command) throws {
        signal(SIGPIPE, SIG_IGN)
        _ = try? OpenFileLimit.raise()
        Deadline.set(seconds: command.seconds)
        let identity = try PrivateKey.generate(.ed25519)
        DispatchQueue.concurrentPerform(iterations: command.workers) { _ in
            var links: [HostileLink] = []
            while Deadline.isAhead {
                do {
                    try command.flood.strike(command.target, identity, keeping: &links)
                    self.strikes.add(1, ordering: .relaxed)
                } catch {
                    // A node that refuses is not asked again at once: this machine is the node's, too.
                    self.refusals.add(1, ordering: .relaxed)
                    Deadline.pause(milliseconds: 1)
                }
            }
        }
        let (strikes, refusals) = (self.strikes.load(ordering: .relaxed), self.refusals.load(ordering: .relaxed))
        print(
            "{\"event\":\"end\",\"flood\":\"\(command.flood.rawValue)\",\"strikes\":\(strikes),\"refusals\":\(refusals)}"
        )
    }
}

/// What the command line says: `hostile-peer FLOOD --addr MULTIADDR [--seconds N] [--workers N]`.
struct Command {
    struct UsageError: Error, CustomStringConvertible {
        let description: String
    }

    let flood: Flood
    let target: SocketAddress
    let seconds: Int
    let workers: Int

    init(_ arguments: [String]) throws {
        let floods = Flood.allCases.map(\.rawValue).joined(separator: ", ")
        guard let flood = arguments.first.flatMap(Flood.init(rawValue:)) else {
            throw UsageError(description: "expected one of \(floods)")
        }
        var options: [String: String] = [:]
        for index in stride(from: 1, to: arguments.count - 1, by: 2) {
            options[arguments[index]] = arguments[index + 1]
        }
        guard let text = options["--addr"], let address = try? Multiaddr(text) else {
            throw UsageError(description: "--addr: expected a multiaddr with an IP address and a TCP port")
        }
        self.flood = flood
        self.target = try (address.withoutPeerID ?? address).tcpSocketAddress()
        self.seconds = options["--seconds"].flatMap(Int.init) ?? 60
        self.workers = options["--workers"].flatMap(Int.init) ?? 2
    }
}
