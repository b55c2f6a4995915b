import Bytes
import Cryptography
import EventLoop
import Multiformats
import MultistreamSelect
import Noise
import PeerIdentity
import PrivateNetwork
import Transport

/// The way from a connected socket to a multiplexed connection: multistream-select, Noise, and Yamux where Noise did not
/// agree on it. Confined to its loop.
///
/// A dialer proposes Noise alone, so its first handshake message goes out with the proposal; the muxer is agreed on inside
/// the handshake where the peer can (libp2p connections/inlined-muxer-negotiation.md). A connection then takes no round
/// trip more than Noise itself.
final class UpgradeSession {
    private let link: RawLink
    private let loop: EventLoop
    private let socket: Socket
    private let direction: Direction
    private let configuration: UpgradeConfiguration
    private let resources: LoopResources
    private let account: ConnectionAccount
    private var poller: SocketPoller?
    private var timer: LoopTimer?
    /// What a private network puts around all that is said; nil where this node is in none.
    private var network: PrivateNetworkSession?
    private var security: UpgradeNegotiation?
    private var handshake: NoiseHandshake?
    private var output: [UInt8] = []
    /// How many bytes at the start of `output` are as they go out.
    private var readyOutput = 0
    /// Whether the peer has sent anything at all.
    private var hasReceived = false
    private var completion: ((Result<Connection, UpgradeError>) -> Void)?
    /// What serves the socket after the handshake: giving up means giving that up, too.
    private weak var muxed: MuxedConnection?
    /// When the connection must stand.
    private var deadline = Instant.zero

    init(
        link: RawLink, socket: Socket, direction: Direction, expectedPeer: PeerID?,
        configuration: UpgradeConfiguration, resources: LoopResources, account: ConnectionAccount,
        completion: @escaping (Result<Connection, UpgradeError>) -> Void
    ) throws(UpgradeError) {
        self.link = link
        self.loop = link.loop
        self.socket = socket
        self.direction = direction
        self.configuration = configuration
        self.resources = resources
        self.account = account
        self.completion = completion
        var random = SystemRandom()
        if let key = configuration.privateNetwork {
            let network = PrivateNetworkSession(key: key, using: &random)
            self.output = Array(network.nonce)
            self.readyOutput = self.output.count
            self.network = consume network
        }
        do {
            self.security = try UpgradeNegotiation(UpgradeNegotiation.security, isDialer: direction == .outbound)
            self.handshake = try NoiseHandshake(
                role: direction == .outbound ? .initiator : .responder, staticKey: configuration.staticKey,
                expectedPeer: expectedPeer, streamMuxers: [UpgradeNegotiation.muxer], context: resources.cipher,
                verifiedKeys: resources.verifiedKeys, using: &random)
        } catch {
            throw .handshakeFailed("\(error)")
        }
    }

    func start() {
        self.loop.retainLoad()
        do {
            self.poller = try SocketPoller(self.loop, descriptor: self.socket.descriptor, handler: self)
        } catch {
            return self.fail(.transportFailed("\(error)"))
        }
        let timeout = self.configuration.handshakeTimeout
        self.deadline = self.loop.now + timeout
        // Somebody waits for the outcome, also when the loop ends before there is one.
        self.timer = LoopTimer(self.loop, whenLoopEnds: { [weak self] in self?.fail(.cancelled) }) { [weak self] in
            guard let self else { return }
            self.fail(self.stranger("it did not show within \(timeout) that it has it") ?? .timedOut(after: timeout))
        }
        if Defence.handshakeTimeout.isOn { self.timer?.schedule(at: self.deadline) }
        self.poller?.update(reading: true, writing: false)
        guard self.direction == .inbound else { return self.advance() }
        self.mayEnd()
        self.advance()
        // A dialer speaks at once, so that its first message often is there already.
        self.receive(untilEnd: false)
    }

    /// Lets others have the place of a handshake that the peer has begun, as long as no connection stands.
    private func mayEnd() {
        let bound = LoopBound(self, on: self.loop)
        // At once where it can be, so that whoever needs the place has it.
        self.account.scope.mayEnd { bound.loop.runOrExecute { bound.value.fail(.gaveWay) } }
    }

    /// Ends the attempt; the completion hears of it once.
    func fail(_ error: UpgradeError) {
        guard let completion = self.completion else {
            self.muxed?.giveUp(error)
            return
        }
        self.completion = nil
        self.letGo()
        self.socket.close()
        self.account.close()
        self.loop.releaseLoad()
        completion(.failure(error))
    }

    private func letGo() {
        self.poller?.close()
        self.poller = nil
        self.timer?.close()
        self.timer = nil
    }

    /// Takes what the machines have to say, and sends it.
    private func advance() {
        self.security?.appendOutput(to: &self.output)
        // A dialer's first handshake message goes out behind its only proposal, without waiting for the answer.
        if let output = self.handshake?.nextOutput() {
            self.output += output
            if self.direction == .inbound { self.account.scope.progressed(to: .answered) }
        }
        self.send()
    }

    private func send() {
        guard !self.output.isEmpty, self.completion != nil else { return }
        self.readyOutputToSend()
        switch self.output.withUnsafeBytes({ self.socket.send($0) }) {
        case .bytes(let count):
            self.output.removeFirst(count)
            self.readyOutput = max(0, self.readyOutput - count)
        case .wouldBlock, .endOfStream: break
        case .failed(let code): return self.failed(code)
        }
        self.poller?.update(reading: true, writing: !self.output.isEmpty)
    }

    /// Encrypts what a private network must not show, once: what the kernel leaves stays as it is.
    private func readyOutputToSend() {
        guard self.network != nil else { return }
        let ready = self.readyOutput
        self.output.withUnsafeMutableBytes {
            self.network?.encrypt(UnsafeMutableRawBufferPointer(rebasing: $0[ready...]))
        }
        self.readyOutput = self.output.count
    }

    /// Sends the answer to a proposal that came before the reason to give up: a dialer waits for it.
    private func sendRefusal() {
        self.security?.appendOutput(to: &self.output)
        self.readyOutputToSend()
        _ = self.output.withUnsafeBytes { self.socket.send($0) }
    }

    /// Receives what is there, or until an end or an error where the socket has failed: the loop tells of that once.
    private func receive(untilEnd: Bool) {
        while self.completion != nil {
            switch self.socket.receive(into: self.resources.receiveBuffer) {
            case .bytes(let count):
                self.receivedFromSocket(UnsafeMutableRawBufferPointer(rebasing: self.resources.receiveBuffer[..<count]))
                if !untilEnd { return }
            case .wouldBlock:
                if untilEnd { self.failed(self.socket.takeError()) }
                return
            case .endOfStream: return self.receivedEnd()
            case .failed(let code): return self.failed(code)
            }
        }
    }

    private func failed(_ code: Int32) {
        let reason = SocketError.reason(of: code)
        self.fail(self.stranger(self.ending("it broke the connection (\(reason))")) ?? .transportFailed(reason))
    }

    /// Takes off what a private network has put around the bytes.
    private func receivedFromSocket(_ received: UnsafeMutableRawBufferPointer) {
        self.hasReceived = true
        let plaintext: UnsafeMutableRawBufferPointer
        do throws(PrivateNetworkError) {
            plaintext = try self.network?.decrypt(received) ?? received
        } catch {
            return self.fail(.notInPrivateNetwork("\(error)"))
        }
        if !plaintext.isEmpty { self.process(Bytes(copying: UnsafeRawBufferPointer(plaintext))) }
    }

    /// The error where the peer of a private network has not shown yet that it has the key. Some of other networks say
    /// nothing that would tell more: rust-libp2p waits for the end of a message whose length was noise.
    private func stranger(_ what: String) -> UpgradeError? {
        guard let isVerified = self.network?.isVerified, !isVerified else { return nil }
        return .notInPrivateNetwork(what)
    }

    /// A member that refuses a connection, by its limits or its access list, ends it as a stranger does.
    private func ending(_ what: String) -> String {
        self.hasReceived ? what : "\(what) without a byte, or it refused the connection"
    }

    private func receivedEnd() {
        if let error = self.stranger(self.ending("it closed the connection")) {
            self.fail(error)
        } else if let security = self.security {
            self.fail(.securityNotAgreed("\(security.errorAtEndOfInput)"))
        } else {
            self.fail(.handshakeFailed("the peer closed the connection during the Noise handshake"))
        }
    }

    private func process(_ received: Bytes) {
        var reader = BytesReader(received)
        do {
            if self.security != nil {
                guard try self.security?.receive(&reader) == true else { return self.advance() }
                self.security?.appendOutput(to: &self.output)
                self.security = nil
            }
            guard try self.handshake?.receive(&reader) == true else { return self.advance() }
            self.advance()
            try self.finish(behind: reader.readRest())
        } catch let error as MultistreamError {
            self.sendRefusal()
            self.fail(.securityNotAgreed("\(error)"))
        } catch let limit as ResourceLimitError {
            self.fail(.refused(limit))
        } catch NoiseError.peerMismatch(let expected, let actual) {
            self.fail(.peerMismatch(expected: expected, actual: actual))
        } catch {
            self.fail(.handshakeFailed("\(error)"))
        }
    }

    /// Hands the secured socket to the connection that serves it from now on.
    private func finish(behind received: Bytes) throws {
        guard let completion = self.completion, let handshake = self.handshake.take() else { return }
        let secured = handshake.finish()
        guard secured.remotePeer != self.configuration.localPeer else { return self.fail(.isThisNode) }
        if let why = self.configuration.admits(secured.remotePeer, self.link.remoteAddress, self.direction) {
            return self.fail(.denied(why))
        }
        try self.account.scope.setPeer(secured.remotePeer)
        let connection = Connection(
            Connection.Description(
                direction: self.direction, localPeer: self.configuration.localPeer, remotePeer: secured.remotePeer,
                remotePublicKey: secured.remoteKey, localAddress: self.link.localAddress,
                remoteAddress: self.link.remoteAddress, route: self.link.route,
                security: UpgradeNegotiation.security, muxer: UpgradeNegotiation.muxer),
            loop: self.loop, scope: self.account.scope)
        let muxed = try MuxedConnection(
            connection, socket: self.socket, resources: self.resources, configuration: self.configuration,
            account: self.account, unsent: self.output, secured: secured, network: self.network.take()?.finish())
        self.completion = nil
        let poller = self.poller.take()
        self.letGo()
        self.muxed = muxed
        muxed.start(poller, received: received, deadline: self.deadline, onEstablished: completion)
    }
}

extension UpgradeSession: SocketEventHandler {
    func socketReady(readable: Bool, writable: Bool, failed: Bool) {
        if writable { self.send() }
        if readable || failed { self.receive(untilEnd: failed) }
    }
}
