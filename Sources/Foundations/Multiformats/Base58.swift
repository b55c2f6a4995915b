public import Bytes

/// Bitcoin's base 58 without a multibase prefix: the text of peer IDs and of CIDs of version 0.
public enum Base58 {
    /// The longest text that is read; it stands for 1,024 bytes and more.
    public static let maximumTextLength = RadixCoding.maximumTextLength

    /// The bytes that `text` stands for.
    public static func decode(_ text: String) throws(MultiformatsError) -> Bytes {
        try Multibase.base58btc.decodeWithoutPrefix(text)
    }

    /// The text of `bytes`. The time grows with the square of the length: bound what you encode.
    public static func encode(_ bytes: Bytes) -> String {
        Multibase.base58btc.encodeWithoutPrefix(bytes)
    }
}
