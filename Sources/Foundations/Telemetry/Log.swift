internal import Bytes
internal import Synchronization

/// A module's structured log.
///
/// Message and fields are closures that run only if the level is on, so a line that is off costs one load and a compare.
public struct Log: Sendable {
    /// How much a line matters.
    public enum Level: UInt8, Comparable, Sendable, CaseIterable {
        case trace, debug, info, warning, error

        /// The level that matters less is the lower one.
        public static func < (left: Level, right: Level) -> Bool { left.rawValue < right.rawValue }
    }

    /// One line, as a backend gets it.
    public struct Line: Sendable {
        /// How much the line matters.
        public let level: Level
        /// The module that wrote it.
        public let module: String
        /// What happened, without details that vary.
        public let message: String
        /// The fields in the order of the call.
        public let fields: [(name: String, value: String)]
    }

    /// The fields of a line: names with anything that has a text.
    public typealias Fields = KeyValuePairs<String, any CustomStringConvertible>

    /// The module that the lines are from.
    public let module: String
    private let sink: LogSink

    /// The log of `module`, which goes where the process's log goes.
    public init(_ module: String) {
        self.init(module, sink: .shared)
    }

    init(_ module: String, sink: LogSink) {
        self.module = module
        self.sink = sink
    }

    // MARK: Writing

    /// Writes a line of the level `trace`, if that is on.
    public func trace(_ message: @autoclosure () -> String, _ fields: @autoclosure () -> Fields = [:]) {
        if self.sink.level <= .trace { self.write(.trace, message(), fields()) }
    }

    /// Writes a line of the level `debug`, if that is on.
    public func debug(_ message: @autoclosure () -> String, _ fields: @autoclosure () -> Fields = [:]) {
        if self.sink.level <= .debug { self.write(.debug, message(), fields()) }
    }

    /// Writes a line of the level `info`, if that is on.
    public func info(_ message: @autoclosure () -> String, _ fields: @autoclosure () -> Fields = [:]) {
        if self.sink.level <= .info { self.write(.info, message(), fields()) }
    }

    /// Writes a line of the level `warning`, if that is on.
    public func warning(_ message: @autoclosure () -> String, _ fields: @autoclosure () -> Fields = [:]) {
        if self.sink.level <= .warning { self.write(.warning, message(), fields()) }
    }

    /// Writes a line of the level `error`, which is always on.
    public func error(_ message: @autoclosure () -> String, _ fields: @autoclosure () -> Fields = [:]) {
        self.write(.error, message(), fields())
    }

    private func write(_ level: Level, _ message: String, _ fields: Fields) {
        let line = Line(
            level: level, module: self.module, message: message, fields: fields.map { ($0.key, "\($0.value)") })
        self.sink.write(line)
    }

    // MARK: The process's log

    /// The lowest level that is written, for the whole process; `info` at first.
    public static var level: Level {
        get { LogSink.shared.level }
        set { LogSink.shared.level = newValue }
    }

    /// Gives every line of the process to `write`, on the thread that logs, in place of standard error.
    public static func setBackend(_ write: @escaping @Sendable (Line) -> Void) {
        LogSink.shared.setBackend(write)
    }

    /// The backend of the beginning: one line of text on standard error.
    public static let standardError: @Sendable (Line) -> Void = StandardErrorLog.write
}

/// Where lines go, and from which level on.
final class LogSink: Sendable {
    static let shared = LogSink()

    private let threshold = Atomic<UInt8>(Log.Level.info.rawValue)
    private let backend = Locked<@Sendable (Log.Line) -> Void>(Log.standardError)

    var level: Log.Level {
        get { Log.Level(rawValue: self.threshold.load(ordering: .relaxed)) ?? .info }
        set { self.threshold.store(newValue.rawValue, ordering: .relaxed) }
    }

    func setBackend(_ write: @escaping @Sendable (Log.Line) -> Void) {
        self.backend.withLock { $0 = write }
    }

    /// The lock is not held while the backend writes, which may take its time and may log.
    func write(_ line: Log.Line) {
        let backend = self.backend.withLock { $0 }
        backend(line)
    }
}
