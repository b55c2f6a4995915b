/// What a protocol does with a stream, as callbacks on the stream's loop.
///
/// A callback must not block: the loop serves every connection on it. What it writes is sent at the end of the tick.
///
/// ```swift
/// node.handle("/perf/1.0.0", PerfHandler.init)
/// ```
public protocol StreamHandler: AnyObject {
    /// Data came in. It counts as consumed when the callback returns, unless the stream's reading is paused.
    func received(_ bytes: borrowing Chunk, on stream: LoopStream)
    /// The peer sends no more data; this side may still write.
    func readClosed(_ stream: LoopStream)
    /// So much of the waiting output was sent that it is worth writing more.
    func writable(_ stream: LoopStream)
    /// The stream is gone. No other callback follows.
    func closed(_ stream: LoopStream, _ reason: StreamCloseReason)
}

extension StreamHandler {
    /// Does nothing: a handler that answers ends its own half, by `closeWrite`, when it has written all.
    public func readClosed(_ stream: LoopStream) {}
    /// Does nothing.
    public func writable(_ stream: LoopStream) {}
    /// Does nothing.
    public func closed(_ stream: LoopStream, _ reason: StreamCloseReason) {}
}
