/// What a client asks for: the first nine bytes of a connection, in the clear.
enum FloorRequest {
    /// The client sends so many bytes; the server answers with one byte.
    case upload(Int)
    /// The server sends so many bytes.
    case download(Int)

    static let size = 9

    var bytes: [UInt8] {
        let (kind, count): (UInt8, Int) =
            switch self {
            case .upload(let count): (0, count)
            case .download(let count): (1, count)
            }
        return [kind] + withUnsafeBytes(of: UInt64(count).bigEndian, Array.init)
    }

    /// Nil where the bytes are no request.
    init?(_ bytes: some Collection<UInt8>) {
        guard bytes.count == Self.size, let kind = bytes.first else { return nil }
        guard let count = Int(exactly: bytes.dropFirst().reduce(UInt64(0)) { $0 << 8 | UInt64($1) }) else { return nil }
        switch kind {
        case 0: self = .upload(count)
        case 1: self = .download(count)
        default: return nil
        }
    }
}
