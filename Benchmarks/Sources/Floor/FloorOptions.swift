import Multiformats

/// What the command line says behind the command.
struct FloorOptions {
    var address: Multiaddr?
    var up = 0
    var down = 0
    var count = 0
    var isPlain = false
    var isPolling = true

    init(_ arguments: ArraySlice<String>) throws {
        var rest = arguments
        while let name = rest.popFirst() {
            switch name {
            case "--plain": self.isPlain = true
            case "--no-polling": self.isPolling = false
            case "--addr": self.address = try rest.popFirst().map { try Multiaddr($0) }
            case "--up": self.up = rest.popFirst().flatMap { Int($0) } ?? 0
            case "--down": self.down = rest.popFirst().flatMap { Int($0) } ?? 0
            case "--count": self.count = rest.popFirst().flatMap { Int($0) } ?? 0
            // What the peers understand and this does not, such as a number of streams.
            default: _ = rest.popFirst()
            }
        }
    }
}
