internal import CSodium

/// Overwrites a secret in a way that the optimizer keeps.
public func wipe(_ memory: UnsafeMutableRawBufferPointer) {
    guard let base = memory.baseAddress else { return }
    sodium_memzero(base, memory.count)
}
