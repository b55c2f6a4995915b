import Bytes
import EventLoop
import Multiformats
import SOCKS5
import Transport

/// What is said to a proxy over one connected socket, confined to its loop.
///
/// It never receives more than the proxy's answer still lacks, so whatever the peer sends behind it stays in the socket for the
/// connection.
final class SOCKSDial {
    private let loop: EventLoop
    private let link: RawLink
    private let target: Multiaddr
    private let destination: SOCKS5Destination
    private var client: SOCKS5Client
    private var output: [UInt8] = []
    private var socket: Socket?
    private var poller: SocketPoller?
    private var timer: LoopTimer?
    private var caller: Handover<Result<RawLink, any Error>>?
    private var result: Result<RawLink, any Error>?

    init(_ link: RawLink, _ client: SOCKS5Client, to target: Multiaddr, _ destination: SOCKS5Destination) {
        self.loop = link.loop
        self.link = link
        self.client = client
        self.target = target
        self.destination = destination
    }

    /// Asks the proxy, and tells `caller` how it went; an attempt that was cancelled before ends at once.
    func begin(until deadline: Instant, timeout: Duration, _ caller: Handover<Result<RawLink, any Error>>) {
        if let result = self.result { return caller.give(result) }
        self.caller = caller
        guard let descriptor = self.link.takeDescriptor() else {
            return self.fail(.proxyUnavailable, "the socket to the SOCKS proxy is gone")
        }
        let socket = Socket(descriptor: descriptor)
        self.socket = socket
        let timer = LoopTimer(self.loop, whenLoopEnds: { [unowned self] in self.loopEnded() }) { [unowned self] in
            // Behind the request it is the destination that the proxy waits for.
            self.fail(
                self.client.hasAsked ? .timedOut : .proxyUnavailable, "the SOCKS proxy did not answer within \(timeout)"
            )
        }
        timer.schedule(at: deadline)
        self.timer = timer
        do throws(SocketError) {
            self.poller = try SocketPoller(self.loop, descriptor: descriptor, handler: self)
        } catch {
            return self.finish(.failure(TransportError(error)))
        }
        self.send()
    }

    /// Gives the result to whoever waits, the first time, and lets go of what is not part of it.
    func finish(_ result: Result<RawLink, any Error>) {
        guard self.result == nil else { return }
        self.timer?.close()
        self.timer = nil
        let socket = self.releaseSocket()
        socket?.close()
        self.caller?.give(result)
        self.caller = nil
        // A link is its receiver's alone: dropped there, it closes its socket.
        self.result = .failure(CancellationError())
    }

    private func fail(_ code: TransportError.Code, _ reason: String) {
        self.finish(.failure(TransportError(code, "connect to \(self.destination): \(reason)")))
    }

    private func fail(_ error: SOCKS5Error) {
        self.fail(TransportError.Code(error, hasAsked: self.client.hasAsked), "\(error)")
    }

    private func loopEnded() { self.fail(.failed, "the event loop has ended") }

    private func releaseSocket() -> Socket? {
        self.poller?.close()
        self.poller = nil
        defer { self.socket = nil }
        return self.socket
    }

    private func connected() {
        guard let socket = self.releaseSocket() else { return }
        let place = self.target.withoutPeerID ?? self.target
        self.finish(
            .success(
                RawLink(
                    descriptor: socket.descriptor, loop: self.loop, localAddress: self.link.localAddress,
                    remoteAddress: place, route: .proxied)))
    }

    // MARK: The socket

    private func send() {
        if let output = self.client.nextOutput() { self.output += output }
        if let socket = self.socket, !self.output.isEmpty {
            switch self.output.withUnsafeBytes({ socket.send($0) }) {
            case .bytes(let count): self.output.removeFirst(count)
            case .wouldBlock, .endOfStream: break
            case .failed(let code): return self.socketFailed(code)
            }
        }
        self.poller?.update(reading: true, writing: !self.output.isEmpty)
    }

    private func receive() {
        withUnsafeTemporaryAllocation(byteCount: SOCKS5Limits.replySize, alignment: 1) { buffer in
            while let socket = self.socket {
                let part = UnsafeMutableRawBufferPointer(rebasing: buffer[..<self.client.missingBytes])
                switch socket.receive(into: part) {
                case .bytes(let count): self.received(UnsafeRawBufferPointer(rebasing: part[..<count]))
                case .wouldBlock: return
                case .endOfStream: return self.fail(self.client.errorAtEndOfInput)
                case .failed(let code): return self.socketFailed(code)
                }
            }
        }
    }

    private func received(_ bytes: UnsafeRawBufferPointer) {
        do throws(SOCKS5Error) {
            var reader = BytesReader(unsafe: bytes)
            guard try self.client.receive(&reader) else { return self.send() }
        } catch {
            return self.fail(error)
        }
        self.connected()
    }

    private func socketFailed(_ code: Int32) {
        self.fail(
            self.client.hasAsked ? .failed : .proxyUnavailable,
            "the connection to the SOCKS proxy broke: \(SocketError.reason(of: code))")
    }
}

extension SOCKSDial: SocketEventHandler {
    func socketReady(readable: Bool, writable: Bool, failed: Bool) {
        if writable { self.send() }
        if readable || failed { self.receive() }
        // What had come before the failure is read now.
        if failed, let socket = self.socket { self.socketFailed(socket.takeError()) }
    }
}

extension TransportError.Code {
    /// What a proxy's answer means for the address that was asked for. Some hang up in place of a refusal, which tells of the
    /// address only where the proxy has been asked for it.
    fileprivate init(_ error: SOCKS5Error, hasAsked: Bool) {
        switch error {
        case .refused(let refusal): self.init(refusal)
        case .ended where hasAsked: self = .failed
        case .invalidName: self = .unsupportedAddress
        case .notSOCKS5, .noAcceptableMethod, .unexpectedMethod, .authenticationRefused, .unknownAddressType, .ended:
            self = .proxyUnavailable
        }
    }

    private init(_ refusal: SOCKS5Refusal) {
        self =
            switch refusal {
            case .connectionRefused: .refused
            case .networkUnreachable, .hostUnreachable, .onionDescriptorNotFound, .onionIntroductionFailed,
                .onionRendezvousFailed:
                .unreachable
            case .timeToLiveExpired, .onionIntroductionTimedOut: .timedOut
            case .addressTypeNotSupported, .onionAddressInvalid: .unsupportedAddress
            default: .failed
            }
    }
}
