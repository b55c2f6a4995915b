import Bytes
import Cryptography
import Noise
import PeerIdentity

/// Messages of an established session, sealed and opened, and whole handshakes.
enum NoiseOperations {
    static let all: [(name: String, run: @Sendable (Int) throws -> Void)] = [
        ("noise-seal-32", { try Self.seal($0, size: 32) }),
        ("noise-seal-64k", { try Self.seal($0, size: NoiseLimits.maximumPlaintextSize) }),
        ("noise-seal-open-32", { try Self.sealAndOpen($0, size: 32) }),
        ("noise-seal-open-64k", { try Self.sealAndOpen($0, size: NoiseLimits.maximumPlaintextSize) }),
        ("noise-handshake", { try Self.handshakes($0) }),
    ]

    private static func seal(_ count: Int, size: Int) throws {
        let context = try ChaChaPolyContext()
        var ends = try Self.handshake(context)
        let memory = Self.memory(size)
        defer { memory.deallocate() }
        for _ in 0..<count { try Self.seal(with: &ends.sending, memory, size: size, context) }
    }

    private static func sealAndOpen(_ count: Int, size: Int) throws {
        let context = try ChaChaPolyContext()
        var ends = try Self.handshake(context)
        let memory = Self.memory(size)
        defer { memory.deallocate() }
        for _ in 0..<count {
            try Self.seal(with: &ends.sending, memory, size: size, context)
            try ends.receiving.open(
                UnsafeRawBufferPointer(memory), into: memory.baseAddress.unsafelyUnwrapped, using: context)
        }
    }

    private static func seal(
        with sender: inout NoiseCipherState, _ memory: UnsafeMutableRawBufferPointer, size: Int,
        _ context: ChaChaPolyContext
    ) throws {
        try sender.seal(
            UnsafeRawBufferPointer(rebasing: memory[..<size]), into: memory.baseAddress.unsafelyUnwrapped,
            using: context)
    }

    private static func memory(_ size: Int) -> UnsafeMutableRawBufferPointer {
        let memory = UnsafeMutableRawBufferPointer.allocate(
            byteCount: size + ChaChaPolyContext.tagSize, alignment: 64)
        memory.initializeMemory(as: UInt8.self, repeating: 1)
        return memory
    }

    private static func handshakes(_ count: Int) throws {
        let context = try ChaChaPolyContext()
        let keys = try Self.keys()
        for _ in 0..<count { _ = try Self.handshake(context, keys) }
    }

    // MARK: A handshake with itself

    private struct Ends: ~Copyable {
        var sending: NoiseCipherState
        var receiving: NoiseCipherState
    }

    private static func keys() throws -> (NoiseStaticKey, NoiseStaticKey) {
        var random = FixedGenerator()
        let identities = try (Self.identity(1), Self.identity(2))
        return (
            try NoiseStaticKey(identity: identities.0, using: &random),
            try NoiseStaticKey(identity: identities.1, using: &random)
        )
    }

    private static func identity(_ seed: UInt8) throws -> PrivateKey {
        try PrivateKey(ed25519Seed: Bytes([UInt8](repeating: seed, count: 32)))
    }

    private static func handshake(_ context: ChaChaPolyContext) throws -> Ends {
        try Self.handshake(context, Self.keys())
    }

    private static func handshake(
        _ context: ChaChaPolyContext, _ keys: (NoiseStaticKey, NoiseStaticKey)
    ) throws -> Ends {
        var random = FixedGenerator()
        let muxers = ["/yamux/1.0.0"]
        var initiator = try NoiseHandshake(
            role: .initiator, staticKey: keys.0, streamMuxers: muxers, context: context, using: &random)
        var responder = try NoiseHandshake(
            role: .responder, staticKey: keys.1, streamMuxers: muxers, context: context, using: &random)
        while !initiator.isComplete || !responder.isComplete {
            if let output = initiator.nextOutput() {
                var reader = BytesReader(output)
                _ = try responder.receive(&reader)
            }
            if let output = responder.nextOutput() {
                var reader = BytesReader(output)
                _ = try initiator.receive(&reader)
            }
        }
        let sender = initiator.finish()
        let receiver = responder.finish()
        return Ends(sending: sender.sending, receiving: receiver.receiving)
    }
}

/// The same numbers in every run, so that every run does the same work.
struct FixedGenerator: RandomNumberGenerator {
    private var state: UInt64 = 1

    mutating func next() -> UInt64 {
        // SplitMix64.
        self.state &+= 0x9E37_79B9_7F4A_7C15
        var value = self.state
        value = (value ^ value >> 30) &* 0xBF58_476D_1CE4_E5B9
        value = (value ^ value >> 27) &* 0x94D0_49BB_1331_11EB
        return value ^ value >> 31
    }
}
