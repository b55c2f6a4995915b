internal import Bytes

// C functions take a pointer and a count, and many declare that the pointer is never null, even for no bytes. What these
// pass for no bytes points nowhere and is never read.

extension Bytes {
    func withCPointer<Result>(_ body: (UnsafePointer<UInt8>, Int) -> Result) -> Result {
        self.withUnsafeBytes { body($0.cPointer, $0.count) }
    }
}

extension SecretBytes {
    func withCPointer<Result>(_ body: (UnsafePointer<UInt8>) -> Result) -> Result {
        self.withUnsafeBytes { body($0.cPointer) }
    }
}

extension UnsafeRawBufferPointer {
    var cPointer: UnsafePointer<UInt8> {
        self.assumingMemoryBound(to: UInt8.self).baseAddress ?? UnsafePointer(bitPattern: 1).unsafelyUnwrapped
    }
}

extension UnsafeMutableRawBufferPointer {
    var cPointer: UnsafeMutablePointer<UInt8> {
        self.assumingMemoryBound(to: UInt8.self).baseAddress ?? UnsafeMutablePointer(bitPattern: 1).unsafelyUnwrapped
    }
}
