internal import Bytes
internal import COpenSSL

/// SHAKE-128 (FIPS 202), a hash of as many bytes as are asked for.
enum SHAKE128 {
    /// The first `count` bytes of the hash of `input`.
    static func hash(_ input: Bytes, count: Int) -> Bytes {
        Bytes(unsafeUninitializedCapacity: count) { output in
            let context = EVP_MD_CTX_new()
            defer { EVP_MD_CTX_free(context) }
            let isHashed = input.withCPointer { bytes, length in
                EVP_DigestInit_ex(context, EVP_shake128(), nil) == 1 && EVP_DigestUpdate(context, bytes, length) == 1
                    && EVP_DigestFinalXOF(context, output.cPointer, count) == 1
            }
            precondition(isHashed, "OpenSSL could not hash")
            return count
        }
    }
}
