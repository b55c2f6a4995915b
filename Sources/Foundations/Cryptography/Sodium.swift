internal import CSodium

/// The one-time start of libsodium, which picks the fastest code for this processor.
enum Sodium {
    private static let isStarted = sodium_init() >= 0

    /// Starts the library at the first call; every use of libsodium in this module comes after one.
    static func start() {
        precondition(Self.isStarted, "libsodium could not find a source of randomness")
    }
}
