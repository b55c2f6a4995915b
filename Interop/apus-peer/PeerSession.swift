import Apus
import Foundation

/// One running peer: it tells of events, and does what standard input says.
final class PeerSession: Sendable {
    let node: Node
    private let termination: Termination
    private let input = StandardInput()

    init(node: Node, termination: Termination) {
        self.node = node
        self.termination = termination
    }

    /// Serves the protocols and listens.
    func start(_ options: RunCommand.Options) async throws {
        TestProtocols.serve(on: self.node)
        for (alias, protocolID) in options.aliases { TestProtocols.serve(protocolID, as: alias, on: self.node) }
        try await self.node.start()
    }

    /// Runs until the end is asked for, and then ends the process's node.
    func serve(connectingTo addresses: [Multiaddr]) async {
        // Whoever connects from now on is told of behind the event `ready`.
        let events = self.node.events
        let known = self.node.addresses
        Output.emit(["event": "ready", "peer": JSON(self.node.peerID), "addrs": JSON(known)])
        await withDiscardingTaskGroup { group in
            group.addTask { await self.follow(events, known: known) }
            for address in addresses { group.addTask { await self.connectAtStart(address) } }
            group.addTask { await self.readCommands() }
            await self.termination.wait()
            await self.node.shutdown()
            // The read of standard input cannot be cancelled, and nobody wants the answers of commands that still run.
            exit(0)
        }
    }

    private func connectAtStart(_ address: Multiaddr) async {
        do {
            _ = try await self.node.connect(to: address)
        } catch {
            Output.log("--connect \(address): \(error)")
        }
    }

    // MARK: Events

    private func follow(_ events: AsyncStream<NodeEvent>, known: [Multiaddr]) async {
        var known = Set(known)
        for await event in events {
            switch event {
            case .connected(let connection): self.tell("connected", connection)
            case .disconnected(let connection, let reason):
                Output.log("the connection to \(connection.remotePeer) ended: \(reason)")
                self.tell("disconnected", connection)
            case .listening(let address):
                guard known.insert(address).inserted else { continue }
                Output.emit(["event": "address", "addr": JSON(address)])
            case .discovered(let peer, let addresses):
                Output.emit([
                    "event": "mdns", "peer": JSON(peer),
                    "addrs": JSON(addresses.map { (try? $0.appending(peer)) ?? $0 }),
                ])
            case .inboundFailed(let address, let failure): Output.log("from \(address): \(failure)")
            case .refused(let peer, let limit): Output.log("\(peer) was refused something: \(limit)")
            default: continue
            }
        }
    }

    private func tell(_ event: String, _ connection: Connection) {
        Output.emit([
            "event": .string(event), "peer": JSON(connection.remotePeer), "addr": JSON(connection.remoteAddress),
            "relayed": false,
        ])
    }

    // MARK: Commands

    /// Carries out commands without an id one after the other; those with one run at once. The end of the input ends
    /// nothing.
    private func readCommands() async {
        await withDiscardingTaskGroup { group in
            while let line = await self.input.nextLine() {
                guard !line.allSatisfy(\.isWhitespace) else { continue }
                let command: PeerCommand
                do {
                    command = try JSONDecoder().decode(PeerCommand.self, from: Data(line.utf8))
                } catch {
                    let value = try? JSONDecoder().decode(JSON.self, from: Data(line.utf8))
                    self.answer(PeerCommand(salvagedFrom: value), error: "bad command: \(error.inShort)")
                    continue
                }
                if command.id == nil {
                    await self.perform(command)
                } else {
                    group.addTask { await self.perform(command) }
                }
            }
        }
    }

    private func perform(_ command: PeerCommand) async {
        if command.name == "quit" {
            self.answer(command, [:])
            self.termination.request()
            return
        }
        let limit = min(max(command.timeLimit ?? 0, 0), 1e6)
        let time = Duration.seconds(limit > 0 ? limit : 60)
        do {
            let loop = self.node.swarm.loops.next()
            let fields = try await loop.withDeadline(EventLoop.monotonicNow() + time) {
                try await self.execute(command)
            }
            self.answer(command, fields)
        } catch is DeadlineExceeded {
            self.answer(command, error: "not done within \(time.inSeconds) s")
        } catch {
            self.answer(command, error: "\(error)")
        }
    }

    private func answer(_ command: PeerCommand, _ fields: [String: JSON] = [:], error: String? = nil) {
        var answer = fields
        answer["reply"] = .string(command.name)
        answer["ok"] = .boolean(error == nil)
        if let error { answer["error"] = .string(error) }
        if let id = command.id { answer["id"] = id }
        Output.emit(answer)
    }
}

extension Error {
    /// A decoding error names the field; its own description is several lines of a debugger's.
    fileprivate var inShort: String {
        switch self as? DecodingError {
        case .keyNotFound(let key, _): "\"\(key.stringValue)\" is missing"
        case .typeMismatch(_, let context), .valueNotFound(_, let context):
            context.codingPath.last.map { "\"\($0.stringValue)\" has the wrong type" } ?? "it is no object"
        case .dataCorrupted(let context): context.debugDescription
        default: "\(self)"
        }
    }
}
