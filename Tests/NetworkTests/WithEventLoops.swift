import EventLoop

/// Runs `body` with event loops, and ends them however it ends.
func withEventLoops(count: Int = 2, _ body: (EventLoopGroup) async throws -> Void) async throws {
    let loops = EventLoopGroup(count: count)
    do {
        try await body(loops)
    } catch {
        await loops.shutdown()
        throw error
    }
    await loops.shutdown()
}
