/// Starts a node, lends it to `body`, and drains it however `body` ends.
///
/// ```swift
/// try await withNode(.init()) { node in
///     let stream = try await node.openStream(to: peer, ["/chat/1.1.0", "/chat/1.0.0"], timeout: .seconds(10))
///     try await stream.write(request)
///     try await stream.closeWrite()
///     let answer = try await stream.readToEnd(limit: 1 << 20)
///     print(answer.utf8Text ?? "\(answer)")
/// }
/// ```
///
/// Throws what making and starting the node throw, and what `body` throws. A `body` that is cancelled should end by itself.
public func withNode<Result>(
    _ configuration: NodeConfiguration = .init(), _ body: (Node) async throws -> Result
) async throws -> Result {
    let node = try await Node(configuration)
    do {
        try await node.start()
        let result = try await body(node)
        await node.shutdown()
        return result
    } catch {
        await node.shutdown()
        throw error
    }
}
