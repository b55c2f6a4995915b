public import Bytes
public import Foundation

extension Data {
    /// A copy of the bytes.
    public init(_ bytes: Bytes) {
        self = bytes.withUnsafeBytes { Data($0) }
    }
}
