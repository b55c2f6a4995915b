import Bytes
import EventLoop
import Multiformats
import PeerIdentity
import Swarm
import Telemetry
import Transport

extension IdentifyService {
    private static let log = Log("identify")

    /// Asks the connection's peer what it is. Runs as one of the connection's tasks, on its loop.
    func identify(_ connection: Connection) async {
        do {
            let message = try await self.receiveMessage(on: connection)
            self.accept(message, of: connection, isPush: false)
            self.finish(connection, nil)
            await self.pushIfBehind(connection)
        } catch let error as IdentifyError {
            self.finish(connection, error)
        } catch {
            // Only the end of the connection cancels its tasks.
            self.finish(connection, .connectionClosed)
        }
    }

    private func receiveMessage(on connection: Connection) async throws -> IdentifyMessage {
        let result = PendingResult<IdentifyMessage>()
        let timeout = self.configuration.timeout
        let start = connection.loop.now
        do {
            try await connection.openStream([Self.protocolID], timeout: timeout) { stream in
                IdentifyReceiver(stream, start: start, timeout: timeout) { result.finish($0.mapError { $0 }) }
            }
        } catch let error as StreamError {
            throw connection.loop.now >= start + timeout ? .timedOut(after: timeout) : IdentifyError.stream(error)
        }
        return try await result.wait()
    }

    private func finish(_ connection: Connection, _ error: IdentifyError?) {
        if let error { Self.log.debug("not identified", ["peer": connection.remotePeer, "cause": error]) }
        let (waiters, info) = self.state.withLock { state in
            (state.table.finish(connection, error), state.table.info(of: connection.remotePeer) ?? IdentifyInfo())
        }
        for waiter in waiters { waiter.finish(error.map { .failure($0) } ?? .success(info)) }
    }

    /// Takes over what the connection's peer says of itself, on the connection's loop.
    func accept(_ message: IdentifyMessage, of connection: Connection, isPush: Bool) {
        let peer = connection.remotePeer
        let record = Self.record(in: message, of: connection)
        let info = self.state.withLock { state -> IdentifyInfo? in
            guard state.table.contains(connection) else { return nil }
            let known = state.table.info(of: peer)
            let info = IdentifyInfo(message, of: peer, known: known, record: record, isPush: isPush)
            state.table.set(info, of: peer)
            return info
        }
        guard let info else { return }
        connection.keep(info.footprint)
        let protocols = Set(info.protocols)
        for connection in self.swarm.connections(to: peer) { connection.remoteProtocols = protocols }
        // The swarm may not have entered the connection yet.
        connection.remoteProtocols = protocols
        self.store(info, message, record: record, of: connection)
        self.swarm.report(.identified(peer))
        if let observed = message.observedAddress?.withoutPeerID {
            self.swarm.report(.observedAddress(observed, by: peer))
            self.swarm.observed(observed, over: connection)
        }
    }

    /// Notes in the peer store what the peer said. Of a record that is older than the one known there, from an earlier
    /// connection perhaps, nothing is taken.
    private func store(_ info: IdentifyInfo, _ message: IdentifyMessage, record: PeerRecord?, of connection: Connection)
    {
        let peer = connection.remotePeer
        let addresses = self.usable(info, record: record, by: connection)
        if let record, let envelope = message.signedRecord, record == info.signedRecord {
            self.swarm.addRecord(record, envelope: envelope, addresses: addresses)
        } else {
            self.swarm.addAddresses(addresses, of: peer, as: .told)
        }
        self.swarm.peerStore.describe(peer, protocols: info.protocols, agentVersion: info.agentVersion)
    }

    /// The record in the message, where the connection's peer has signed it.
    private static func record(in message: IdentifyMessage, of connection: Connection) -> PeerRecord? {
        guard let bytes = message.signedRecord else { return nil }
        do {
            let record = try PeerRecord.open(bytes)
            guard Defence.identifyRecordPeer.holds(record.peerID == connection.remotePeer) else {
                throw PeerIdentityError.mismatchedPeer(record: record.peerID, signer: connection.remotePeer)
            }
            return record
        } catch {
            self.log.debug("signed record ignored", ["peer": connection.remotePeer, "cause": "\(error)"])
            return nil
        }
    }

    /// Where the peer may be dialled: at the addresses of its record where it sent one that holds, otherwise at those of
    /// the message, and without those that cannot be the peer's or that we could do nothing with. Who reaches a peer through a
    /// proxy does not want to be led around it.
    private func usable(_ info: IdentifyInfo, record: PeerRecord?, by connection: Connection) -> [Multiaddr] {
        let isCurrent = record != nil && info.signedRecord == record
        let addresses = isCurrent ? info.signedRecord?.addresses ?? [] : info.listenAddresses
        return addresses.filter { address in
            (address.peerID ?? connection.remotePeer) == connection.remotePeer
                && connection.canUse(address)
                && (connection.route != .proxied || self.swarm.dialsThroughProxy(address))
        }
    }
}

extension IdentifyInfo {
    /// What is known of a peer with this message. One that was pushed changes only what it names (libp2p identify,
    /// "identify/push"), and of two records the one with the higher number holds (libp2p RFC 0003, "seq").
    init(_ message: IdentifyMessage, of peer: PeerID, known: IdentifyInfo?, record: PeerRecord?, isPush: Bool) {
        self.init()
        if isPush, let known { self = known }
        self.agentVersion = message.agentVersion ?? self.agentVersion
        self.protocolVersion = message.protocolVersion ?? self.protocolVersion
        if !message.protocols.isEmpty { self.protocols = message.protocols }
        if !message.listenAddresses.isEmpty { self.listenAddresses = message.listenAddresses }
        self.observedAddress = message.observedAddress?.withoutPeerID ?? self.observedAddress
        if let bytes = message.publicKey, let key = try? PublicKey(protobuf: bytes),
            Defence.identifyKey.holds(key.peerID == peer)
        {
            self.publicKey = key
        }
        let records = [known?.signedRecord, record].compactMap { $0 }
        self.signedRecord = records.max { Defence.identifyRecordSequence.holds($0.sequence < $1.sequence) }
    }
}
