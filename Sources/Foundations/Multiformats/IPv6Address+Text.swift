extension IPv6Address {
    /// Reads every form of RFC 4291, section 2.2: eight groups, "::" for one or more groups of zero, and an IPv4 address
    /// for the last two. A zone ("%eth0") is not part of the address.
    public init?(_ text: some StringProtocol) {
        // The longest form has 45 characters; the check keeps what follows small.
        let text = Array(text.utf8.prefix(46))
        guard text.count <= 45 else { return nil }
        var groups: [UInt16] = []
        var gap: Int?
        var rest = text[...]
        if rest.starts(with: "::".utf8) {
            gap = 0
            rest = rest.dropFirst(2)
        }
        while !rest.isEmpty {
            let colon = rest.firstIndex(of: UInt8(ascii: ":"))
            let part = rest[..<(colon ?? rest.endIndex)]
            if colon == nil, part.contains(UInt8(ascii: ".")) {
                guard let address = IPv4Address(part) else { return nil }
                groups.append(UInt16(truncatingIfNeeded: address.rawValue >> 16))
                groups.append(UInt16(truncatingIfNeeded: address.rawValue))
                break
            }
            guard let group = Self.group(part) else { return nil }
            groups.append(group)
            guard let colon else { break }
            rest = rest[(colon + 1)...]
            if rest.first == UInt8(ascii: ":") {
                guard gap == nil else { return nil }
                gap = groups.count
                rest = rest.dropFirst()
            } else if rest.isEmpty {
                return nil
            }
        }
        if let gap {
            guard groups.count < 8 else { return nil }
            groups.insert(contentsOf: Array(repeating: 0, count: 8 - groups.count), at: gap)
        }
        guard groups.count == 8 else { return nil }
        let halves = [groups[..<4], groups[4...]].map { $0.reduce(UInt64(0)) { $0 << 16 | UInt64($1) } }
        self.init(high: halves[0], low: halves[1])
    }

    private static func group(_ digits: ArraySlice<UInt8>) -> UInt16? {
        guard (1...4).contains(digits.count) else { return nil }
        var group: UInt16 = 0
        for digit in digits {
            guard digit < 0x80, let value = Character(UnicodeScalar(digit)).hexDigitValue else { return nil }
            group = group << 4 | UInt16(value)
        }
        return group
    }
}

extension IPv6Address: CustomStringConvertible {
    /// The canonical text (RFC 5952): lower case, the longest run of two or more zero groups as "::", and a mapped IPv4
    /// address with dots.
    public var description: String {
        if let mapped = self.mappedIPv4 { return "::ffff:\(mapped)" }
        let groups = self.groups
        var longest = 0..<0
        var start = 0
        while start < groups.count {
            let end = groups[start...].firstIndex { $0 != 0 } ?? groups.count
            if end - start > max(longest.count, 1) { longest = start..<end }
            start = max(end, start + 1)
        }
        let text = groups.map { String($0, radix: 16) }
        guard !longest.isEmpty else { return text.joined(separator: ":") }
        return text[..<longest.lowerBound].joined(separator: ":") + "::"
            + text[longest.upperBound...].joined(separator: ":")
    }
}
