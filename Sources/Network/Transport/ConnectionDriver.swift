/// What carries out a connection's commands on its loop: the machines over one socket.
package protocol ConnectionDriver: AnyObject {
    /// Charges the connection with `change` bytes more, or below 0 less; one that may not have them ends.
    @discardableResult func charge(_ change: Int) -> Bool
    /// Opens a stream and agrees on one of `protocols`; `completion` is called once, on the loop.
    func openStream(
        _ protocols: [String], timeout: Duration, completion: @escaping (Result<LoopStream, StreamError>) -> Void)
    /// Ends the connection: in order, with what waits sent first, or at once.
    func close(gracePeriod: Duration?)
}

/// Decides what happens to streams that peers open.
package protocol StreamRouter: AnyObject, Sendable {
    func accepts(_ protocolID: String) -> Bool
    /// The protocols that `accepts` says yes to, for a peer that asks for the list.
    func protocolIDs() -> [String]
    /// Gives the stream, whose protocol is agreed on, to its handler. Called on the stream's loop.
    func serve(_ stream: LoopStream)
}
