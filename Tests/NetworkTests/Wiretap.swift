import Bytes
import EventLoop

/// A wire with somebody on it: carries bytes between two sockets, and keeps a copy of them.
final class Wiretap: Sendable {
    /// What each end has sent so far.
    struct Record: Sendable {
        var first: [UInt8] = []
        var second: [UInt8] = []
    }

    /// The sockets to use at either end.
    let ends: (Socket, Socket)
    private let loop: EventLoop
    private let pumps: LoopBound<Pumps>
    private let shared: Locked<Record>

    init(on loop: EventLoop) async throws {
        let (first, second) = (try Socket.pair(), try Socket.pair())
        self.ends = (first.0, second.0)
        self.loop = loop
        let shared = Locked(Record())
        self.shared = shared
        self.pumps = try await loop.perform {
            LoopBound(try Pumps(first.1, second.1, on: loop, shared), on: loop)
        }
    }

    /// Everything that was said, once both ends have closed.
    func recordAtEnd() async -> Record {
        await withHandover { handover in
            self.loop.execute { [pumps] in pumps.value.whenOver { handover.give(()) } }
        }
        return self.shared.withLock { $0 }
    }

    private final class Pumps {
        private var pumps: [Pump] = []
        private var observer: (() -> Void)?

        init(_ first: Socket, _ second: Socket, on loop: EventLoop, _ record: Locked<Record>) throws {
            let forth = Pump(from: first, to: second) { bytes in record.withLock { $0.first += bytes } }
            let back = Pump(from: second, to: first) { bytes in record.withLock { $0.second += bytes } }
            forth.back = back
            back.back = forth
            for pump in [forth, back] {
                try pump.begin(on: loop)
                pump.onEnd = { [unowned self] in self.check() }
            }
            self.pumps = [forth, back]
        }

        func whenOver(_ observer: @escaping () -> Void) {
            self.observer = observer
            self.check()
        }

        private func check() {
            guard self.pumps.allSatisfy(\.isOver), let observer = self.observer else { return }
            self.observer = nil
            for pump in self.pumps { pump.close() }
            observer()
        }
    }

    /// One direction; it reads on when it has written what it read.
    private final class Pump: SocketEventHandler {
        private let source: Socket
        private let target: Socket
        private let record: ([UInt8]) -> Void
        private var poller: SocketPoller?
        private var waiting: [UInt8] = []
        private var sourceEnded = false
        unowned var back: Pump?
        var onEnd: () -> Void = {}
        private(set) var isOver = false

        init(from source: Socket, to target: Socket, record: @escaping ([UInt8]) -> Void) {
            self.source = source
            self.target = target
            self.record = record
        }

        func begin(on loop: EventLoop) throws {
            self.poller = try SocketPoller(loop, descriptor: self.source.descriptor, handler: self)
            self.poller?.update(reading: true, writing: false)
        }

        func close() {
            self.poller?.close()
            self.poller = nil
            self.source.close()
        }

        func socketReady(readable: Bool, writable: Bool, failed: Bool) {
            // The same socket is what the other direction writes to.
            if writable { self.back?.pump() }
            if readable || failed { self.pump() }
        }

        func pump() {
            var buffer = [UInt8](repeating: 0, count: 65_536)
            while !self.isOver {
                if !self.waiting.isEmpty {
                    switch self.waiting.withUnsafeBytes({ self.target.send($0) }) {
                    case .bytes(let count): self.waiting.removeFirst(count)
                    case .wouldBlock:
                        self.poller?.update(reading: false, writing: self.back?.waiting.isEmpty == false)
                        self.back?.watch(writing: true)
                        return
                    case .endOfStream, .failed: return self.end()
                    }
                    continue
                }
                self.back?.watch(writing: false)
                switch buffer.withUnsafeMutableBytes({ self.source.receive(into: $0) }) {
                case .bytes(let count):
                    self.waiting = Array(buffer.prefix(count))
                    self.record(self.waiting)
                case .wouldBlock: return self.watch(writing: self.back?.waiting.isEmpty == false)
                case .endOfStream, .failed: return self.end()
                }
            }
        }

        func watch(writing: Bool) {
            self.poller?.update(reading: !self.isOver && self.waiting.isEmpty, writing: writing)
        }

        private func end() {
            self.isOver = true
            self.waiting = []
            try? self.target.shutdownWrite()
            self.watch(writing: self.back?.waiting.isEmpty == false)
            self.onEnd()
        }
    }
}
