/// What the Linux kernel tells of links and addresses (netlink(7), rtnetlink(7)), read without IO.
///
/// The numbers are the kernel's interface to programs, in the byte order of the machine.
struct RouteMessages {
    /// One change of a link or of an address.
    enum Change: Hashable, Sendable {
        /// An interface came, changed or went: what its name, its state and its flags are now is to be asked for.
        case link(interface: UInt32, isGone: Bool)
        /// An address of 4 or 16 bytes came to an interface, or went.
        case address([UInt8], interface: UInt32, isGone: Bool)
        /// The kernel lost messages, or said that something is wrong: everything is to be looked at anew.
        case lost
    }

    /// The largest datagram that is read: the kernel's own limit for what it puts together (NLMSG_GOODSIZE, 8 KiB) and more.
    static let largestDatagram = 32 * 1024
    /// RTMGRP_LINK, RTMGRP_IPV4_IFADDR and RTMGRP_IPV6_IFADDR.
    static let groups: UInt32 = 0x1 | 0x10 | 0x100

    private static let headerSize = 16
    private static let linkSize = 16
    private static let addressSize = 8

    /// The changes that a datagram tells of, in their order. What is cut short or of another kind is passed over.
    static func changes(in datagram: UnsafeRawBufferPointer) -> [Change] {
        var changes: [Change] = []
        var rest = datagram
        while let (length, type) = Self.header(of: rest) {
            let message = UnsafeRawBufferPointer(rebasing: rest[Self.headerSize..<length])
            if let change = Self.change(type: type, message) { changes.append(change) }
            rest = UnsafeRawBufferPointer(rebasing: rest.dropFirst(Self.aligned(length)))
        }
        return changes
    }

    /// The length and the type of the first message; nil where there is no whole one.
    private static func header(of bytes: UnsafeRawBufferPointer) -> (length: Int, type: UInt16)? {
        guard bytes.count >= Self.headerSize else { return nil }
        let length = Int(bytes.loadUnaligned(as: UInt32.self))
        guard length >= Self.headerSize, length <= bytes.count else { return nil }
        return (length, bytes.loadUnaligned(fromByteOffset: 4, as: UInt16.self))
    }

    private static func change(type: UInt16, _ message: UnsafeRawBufferPointer) -> Change? {
        switch type {
        // RTM_NEWLINK and RTM_DELLINK: struct ifinfomsg.
        case 16, 17:
            guard message.count >= Self.linkSize else { return nil }
            return .link(interface: message.loadUnaligned(fromByteOffset: 4, as: UInt32.self), isGone: type == 17)
        // RTM_NEWADDR and RTM_DELADDR: struct ifaddrmsg.
        case 20, 21:
            guard message.count >= Self.addressSize else { return nil }
            let attributes = UnsafeRawBufferPointer(rebasing: message.dropFirst(Self.addressSize))
            guard let address = Self.address(in: attributes) else { return nil }
            return .address(
                address, interface: message.loadUnaligned(fromByteOffset: 4, as: UInt32.self), isGone: type == 21)
        // NLMSG_ERROR and NLMSG_OVERRUN.
        case 2, 4: return .lost
        default: return nil
        }
    }

    /// IFA_LOCAL, which is the host's own on a link between two hosts, or else IFA_ADDRESS.
    private static func address(in attributes: UnsafeRawBufferPointer) -> [UInt8]? {
        var found: [UInt8]?
        var rest = attributes
        while rest.count >= 4 {
            let length = Int(rest.loadUnaligned(as: UInt16.self))
            let type = rest.loadUnaligned(fromByteOffset: 2, as: UInt16.self)
            guard length >= 4, length <= rest.count else { break }
            let value = rest[4..<length]
            if value.count == 4 || value.count == 16 {
                if type == 2 { return Array(value) }
                if type == 1 { found = Array(value) }
            }
            rest = UnsafeRawBufferPointer(rebasing: rest.dropFirst(Self.aligned(length)))
        }
        return found
    }

    /// Messages and attributes begin at multiples of four bytes; `length` is at most that of a buffer.
    private static func aligned(_ length: Int) -> Int { (length + 3) & ~3 }
}
