internal import Bytes
internal import CAres
internal import Multiformats

#if canImport(Darwin)
    import Darwin
#else
    import Glibc
#endif

/// Reads what c-ares answers; all of it may come from a server that means harm.
enum NameReply {
    static func addresses(_ result: UnsafeMutablePointer<ares_addrinfo>?) -> [IPAddress] {
        var addresses: [IPAddress] = []
        var node = result?.pointee.nodes
        while let current = node, addresses.count < NameResolver.resultLimit {
            node = current.pointee.ai_next
            guard let address = current.pointee.ai_addr else { continue }
            let bytes = UnsafeRawBufferPointer(start: address, count: Int(current.pointee.ai_addrlen))
            if let ip = Self.address(bytes, family: current.pointee.ai_family), !addresses.contains(ip) {
                addresses.append(ip)
            }
        }
        return addresses
    }

    private static func address(_ bytes: UnsafeRawBufferPointer, family: Int32) -> IPAddress? {
        switch family {
        case AF_INET where bytes.count >= MemoryLayout<sockaddr_in>.size:
            IPAddress(bytes.loadUnaligned(as: sockaddr_in.self).sin_addr)
        case AF_INET6 where bytes.count >= MemoryLayout<sockaddr_in6>.size:
            IPAddress(bytes.loadUnaligned(as: sockaddr_in6.self).sin6_addr)
        default: nil
        }
    }

    /// The texts of a reply, the strings of each record joined (RFC 1035, section 3.3.14).
    static func texts(_ reply: UnsafeMutablePointer<UInt8>?, _ length: Int32) -> [String] {
        var first: UnsafeMutablePointer<ares_txt_ext>?
        guard ares_parse_txt_reply_ext(reply, length, &first) == ARES_SUCCESS.code else { return [] }
        defer { ares_free_data(first) }
        var records: [[UInt8]] = []
        var node = first
        while let current = node {
            node = current.pointee.next
            if current.pointee.record_start != 0 || records.isEmpty {
                guard records.count < NameResolver.resultLimit else { break }
                records.append([])
            }
            let string = UnsafeBufferPointer(start: current.pointee.txt, count: current.pointee.length)
            records[records.count - 1].append(contentsOf: string)
        }
        return records.map { String(decoding: $0, as: UTF8.self) }
    }
}

extension NameQuery {
    /// An answer without records is an error, with a name that says so.
    func checked(_ answer: Answer) -> Result<Answer, NameError> {
        switch answer {
        case .addresses([]), .texts([]): .failure(.noRecords(self.name))
        default: .success(answer)
        }
    }

    /// What a status of c-ares means for this query.
    func error(_ status: Int32) -> NameError {
        switch status {
        case ARES_ENOTFOUND.code: .noSuchName(self.name)
        case ARES_ENODATA.code: .noRecords(self.name)
        case ARES_EBADNAME.code: .invalidName(self.name)
        case ARES_ETIMEOUT.code: .timedOut(self.name, after: self.elapsed)
        case ARES_ECONNREFUSED.code: .serverUnreachable(self.name)
        case ARES_EDESTRUCTION.code, ARES_ECANCELLED.code: .cancelled
        default: .serverFailed(self.name, reason: NameChannel.reason(status))
        }
    }
}

extension BinaryInteger {
    /// c-ares's constants as the type of its status.
    var code: Int32 { Int32(truncatingIfNeeded: self) }
}

extension NameResolver.AddressFamily {
    var domain: Int32 {
        switch self {
        case .ipv4: AF_INET
        case .ipv6: AF_INET6
        case .any: AF_UNSPEC
        }
    }
}
