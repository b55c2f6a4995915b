import Bytes
import Cryptography
import EventLoop
import Multiformats
import MultistreamSelect
import Noise
import PeerIdentity
import PrivateNetwork
import Transport
import Yamux

/// The hot path: one object that runs Noise and Yamux over one socket on one loop (Docs/Architecture.md).
///
/// It is confined to its loop and stays concrete. Input is opened into the loop's slabs and handed out as chunks; output
/// is taken from the streams once a tick, sealed into the loop's output buffer and sent. Handlers may call back in at any
/// time: no machine is held while one runs.
final class MuxedConnection {
    let connection: Connection
    let loop: EventLoop
    let resources: LoopResources
    let configuration: UpgradeConfiguration
    let socket: Socket
    let account: ConnectionAccount
    let scope: any ConnectionScope
    var poller: SocketPoller?
    var timer: LoopTimer?

    var input: NoiseInput
    var outputCipher: NoiseCipherState
    /// What a private network puts around each batch; nil where this node is in none.
    var outputNetwork: XSalsa20?
    var session: YamuxSession
    /// Agrees on the muxer where the handshake did not; nil once that is done.
    var muxerNegotiation: UpgradeNegotiation?
    /// Plaintext that goes out before the session's frames: the muxer's negotiation.
    var plaintextFirst: [UInt8] = []

    /// Streams by their slot in the session's table.
    var streams: [StreamEntry?] = []
    /// How many of the places have a stream.
    var streamCount = 0
    var openQueue = OpenQueue()
    var negotiations = NegotiationDeadlines()
    /// By how many bytes the streams' windows grew.
    var windowGrowth = 0
    /// Memory that a half-received message is charged with, in bytes.
    var chargedInput = 0
    /// Memory that what waits to be sent is charged with, in bytes.
    var chargedOutput = 0
    /// How many bytes the streams have written that are not laid out yet.
    var waitingOutput = 0

    /// Sealed bytes that the kernel did not take yet.
    var unsent: UnsentOutput
    /// The kernel has enough; the poller says when it wants more.
    var awaitsWritable = false
    var flushIsScheduled = false
    /// Streams of the batch being laid out, to be told afterwards.
    var touched: [TouchedStream] = []
    /// An empty list with room, which takes the place of `touched` while those are told.
    var told: [TouchedStream] = []

    /// How many streams the peer began since the loop woke up for it, and how many it had been refused before.
    var begunStreams = 0
    var toldRefusedStreams = 0
    /// The stream whose handler was called last, for the report of slow callbacks.
    var lastServed: YamuxStreamID?

    var isClosed = false
    /// What is laid out now is the last, and the connection ends at once behind it.
    var isEnding = false
    var closing: Closing?
    /// When the muxer must be agreed on; nil once it is.
    var establishDeadline: Instant?
    /// Called once, when streams can be opened or the connection failed before.
    var onEstablished: ((Result<Connection, UpgradeError>) -> Void)?

    struct StreamEntry {
        let stream: LoopStream
        let scope: any StreamScope
        /// By how many bytes the window grew.
        var growth = 0
    }

    struct TouchedStream {
        let stream: LoopStream
        /// The stream's last frame is laid out.
        let isFinished: Bool
    }

    struct Closing {
        var deadline: Instant
        /// Whose wish it is that the connection ends.
        var reason: ConnectionCloseReason
        var hasSaidGoAway = false
        /// Our half of the socket has ended: nothing can be sent any more.
        var isShutDown = false
    }

    init(
        _ connection: Connection, socket: Socket, resources: LoopResources, configuration: UpgradeConfiguration,
        account: ConnectionAccount, unsent: [UInt8], secured: consuming NoiseSession,
        network: consuming PrivateNetworkCiphers?
    ) throws(MultistreamError) {
        self.connection = connection
        self.loop = connection.loop
        self.socket = socket
        self.resources = resources
        self.configuration = configuration
        self.account = account
        self.scope = account.scope
        let isDialer = connection.direction == .outbound
        self.session = YamuxSession(
            role: isDialer ? .dialer : .listener, configuration: configuration.yamux, now: connection.loop.now)
        self.unsent = UnsentOutput(unsent)
        if secured.streamMuxer == nil {
            self.muxerNegotiation = try UpgradeNegotiation(UpgradeNegotiation.muxer, isDialer: isDialer)
        }
        self.input = NoiseInput(cipher: secured.receiving)
        self.outputCipher = secured.sending
        if let network = network.take() {
            let receiving = network.receiving
            let sending = network.sending
            self.input.network = consume receiving
            self.outputNetwork = consume sending
        }
    }

    /// Begins to serve the socket that `poller` watches; `received` are bytes that came behind the handshake.
    /// They must agree on the muxer by `deadline`.
    func start(
        _ poller: SocketPoller?, received: Bytes, deadline: Instant,
        onEstablished: @escaping (Result<Connection, UpgradeError>) -> Void
    ) {
        self.onEstablished = onEstablished
        self.connection.attach(self)
        poller?.handOver(to: self)
        self.poller = poller
        self.timer = LoopTimer(self.loop, whenLoopEnds: { [weak self] in self?.tearDown(.closedLocally) }) {
            [weak self] in
            self?.handleDeadline()
        }
        self.poller?.update(reading: true, writing: false)
        self.muxerNegotiation?.appendOutput(to: &self.plaintextFirst)
        if self.muxerNegotiation == nil {
            self.established()
        } else {
            self.establishDeadline = deadline
        }
        self.scheduleFlush()
        received.withUnsafeBytes { self.process($0) }
        self.rearmTimer()
    }

    /// Ends the attempt while the muxer is not agreed on; a connection that stands is not touched.
    func giveUp(_ error: UpgradeError) {
        guard let onEstablished = self.onEstablished else { return }
        self.onEstablished = nil
        self.tearDown(.closedLocally, isEstablished: false)
        onEstablished(.failure(error))
    }

    func established() {
        self.establishDeadline = nil
        let onEstablished = self.onEstablished
        self.onEstablished = nil
        if self.connection.direction == .inbound { self.scope.progressed(to: .established) }
        onEstablished?(.success(self.connection))
    }
}

extension MuxedConnection: SocketEventHandler, TickParticipant {
    func socketReady(readable: Bool, writable: Bool, failed: Bool) {
        if writable, self.awaitsWritable {
            self.awaitsWritable = false
            self.flush()
        }
        if readable || failed { self.receive(untilEnd: failed) }
    }

    func endOfTick() {
        self.flushIsScheduled = false
        self.flush()
    }

    var workDescription: String? {
        guard let id = self.lastServed, let name = self.entry(id)?.stream.protocolID, !name.isEmpty else {
            return "a connection to \(self.connection.remotePeer)"
        }
        return name
    }

    /// Sends what waits at the end of this tick, together with what else comes up until then.
    func scheduleFlush() {
        guard !self.flushIsScheduled, !self.isClosed else { return }
        self.flushIsScheduled = true
        self.loop.atEndOfTick(self)
    }
}
