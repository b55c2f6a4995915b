import Bytes
package import Transport

/// Which protocols a node answers, and with what.
package final class ProtocolTable: StreamRouter {
    /// How a protocol's streams are served.
    package enum Service: Sendable {
        /// By a task: on Swift's global executor, or on the connection's loop.
        case task(onLoop: Bool, @Sendable (Stream) async throws -> Void)
        /// By callbacks on the connection's loop.
        case callbacks(@Sendable (LoopStream) -> any StreamHandler)
    }

    /// Tasks of handlers that a connection may have at a time: as many as a muxer has streams. A stream that its peer resets is
    /// gone, and gives its place to another, while its handler may still be at work.
    static let tasksPerConnection = 4_096

    private let services = Locked<[String: Service]>([:])
    private let onChange: @Sendable () -> Void

    package init(onChange: @escaping @Sendable () -> Void) {
        self.onChange = onChange
    }

    package func set(_ service: Service?, for protocolID: String) {
        self.services.withLock { $0[protocolID] = service }
        self.onChange()
    }

    /// Forgets every handler, and what it refers to, without telling anyone.
    func removeAll() {
        let services = self.services.withLock { services in
            defer { services = [:] }
            return services
        }
        // Handlers are let go of outside the lock: what they refer to may be the last of a node.
        withExtendedLifetime(services) {}
    }

    package func accepts(_ protocolID: String) -> Bool {
        self.services.withLock { $0[protocolID] != nil }
    }

    /// The protocols in the order of their names.
    package func protocolIDs() -> [String] {
        self.services.withLock { $0.keys.sorted() }
    }

    package func serve(_ stream: LoopStream) {
        switch self.services.withLock({ $0[stream.protocolID] }) {
        case .callbacks(let makeHandler): stream.setHandler(makeHandler(stream))
        case .task(let onLoop, let body):
            let tasks = stream.connection.tasks
            guard Defence.handlerTasks.holds(tasks.count < Self.tasksPerConnection) else {
                return stream.setHandler(RefusedStream(stream, code: StreamErrorCode.resourceLimitExceeded))
            }
            let face = Stream(stream)
            tasks.add(on: onLoop ? stream.loop : nil) {
                face.labelWork()
                do {
                    try await body(face)
                    face.close()
                } catch {
                    face.reset(code: (error as? StreamReset)?.code ?? 0)
                }
            }
        case nil: stream.reset()
        }
    }
}
