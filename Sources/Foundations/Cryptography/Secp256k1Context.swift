internal import Bytes
internal import CSecp256k1

extension Secp256k1 {
    /// The library's context: made once, blinded with randomness against timing and power analysis, never changed again
    /// and never destroyed.
    static let context: UncheckedSendable<OpaquePointer> = {
        guard let context = secp256k1_context_create(UInt32(SECP256K1_CONTEXT_NONE)) else {
            preconditionFailure("no memory for the secp256k1 context")
        }
        let isBlinded = SystemRandom.bytes(32).withCPointer { seed, _ in secp256k1_context_randomize(context, seed) }
        precondition(isBlinded == 1, "the secp256k1 context could not be blinded")
        return UncheckedSendable(context)
    }()
}
