public import Bytes

/// A self-describing network address: protocols with their values, from the outermost in (multiformats/multiaddr, README).
///
/// It holds its binary form, checked, in memory of its own: two are equal when their bytes are, whatever text they came from.
public struct Multiaddr: Hashable, Sendable {
    /// The longest binary form that is accepted, in bytes. No implementation states a limit; the longest addresses in use,
    /// of a relay with certificate hashes, have less than 400, and an I2P destination about that.
    public static let maximumLength = 1_024
    /// The most components that are accepted; addresses in use have up to a dozen.
    public static let maximumComponentCount = 32
    /// The longest text that is read, in bytes: what the other two limits can print, as a byte prints three at most.
    public static let maximumTextLength = 4_096

    /// The binary form.
    public let bytes: Bytes

    /// Reads the binary form, to its end.
    public init(bytes: Bytes) throws(MultiaddrError) {
        do {
            try Self.check(bytes)
        } catch {
            throw MultiaddrError(bytes: bytes, error)
        }
        // An address outlives the message that it came in, and must not keep that message's memory.
        self.bytes = bytes.compacted()
    }

    /// Reads the text. Slashes at its end are ignored, as go-multiaddr does.
    public init(_ text: String) throws(MultiaddrError) {
        let components: [MultiaddrComponent]
        do {
            components = try Self.parse(text)
            self.bytes = try Self.join(components)
        } catch {
            throw MultiaddrError(text: text, error)
        }
    }

    /// The address that consists of `components`.
    public init(_ components: some Sequence<MultiaddrComponent>) throws(MultiaddrError) {
        let components = Array(components)
        do {
            self.bytes = try Self.join(components)
        } catch {
            throw MultiaddrError(text: components.map(\.description).joined(), error)
        }
    }

    /// The address of components that are within the limits.
    init(checked components: ArraySlice<MultiaddrComponent>) {
        self.bytes = Self.encode(components)
    }

    /// The part in front of the component that begins at `offset`; nil where nothing is.
    init?(_ address: Multiaddr, upTo offset: Int) {
        guard offset > 0 else { return nil }
        self.bytes = address.bytes[0..<offset]
    }

    /// The components, from the outermost in; there is at least one.
    public var components: [MultiaddrComponent] {
        var reader = BytesReader(self.bytes)
        var components: [MultiaddrComponent] = []
        // The bytes were checked when the address was made, so that nothing is thrown here.
        while !reader.isAtEnd, let component = try? Self.read(&reader) { components.append(component) }
        return components
    }

    /// The first component that `isWanted`, and where it begins in the bytes; those behind it are not looked at.
    func first(
        where isWanted: (MultiaddrComponent, Int) -> Bool
    ) -> MultiaddrComponent? {
        var reader = BytesReader(self.bytes)
        var start = 0
        while !reader.isAtEnd, let component = try? Self.read(&reader) {
            if isWanted(component, start) { return component }
            start = self.bytes.count - reader.remaining
        }
        return nil
    }

    private static func check(_ bytes: Bytes) throws(MultiaddrError.Reason) {
        guard !bytes.isEmpty else { throw .empty }
        guard Defence.multiaddrLength.holds(bytes.count <= self.maximumLength) else {
            throw .tooLong(limit: self.maximumLength)
        }
        var reader = BytesReader(bytes)
        var count = 0
        var pathSeen = false
        while !reader.isAtEnd {
            guard !pathSeen else { throw .componentAfterPath }
            let component = try self.read(&reader)
            try MultiaddrComponent.check(component.protocol, value: component.value)
            pathSeen = component.protocol.format == .path
            count += 1
            guard Defence.multiaddrComponents.holds(count <= self.maximumComponentCount) else {
                throw .tooManyComponents(limit: self.maximumComponentCount)
            }
        }
    }

    /// The next component, its value not yet checked.
    private static func read(_ reader: inout BytesReader) throws(MultiaddrError.Reason) -> MultiaddrComponent {
        let code: UInt64
        do {
            code = try reader.readVarint()
        } catch {
            throw .malformed(error)
        }
        guard let proto = MultiaddrProtocol(rawValue: code) else { throw .unknownCode(code) }
        do {
            let value =
                if let length = proto.format.fixedLength {
                    try reader.readBytes(length)
                } else {
                    try reader.readLengthPrefixed(limit: self.maximumLength)
                }
            return MultiaddrComponent(checked: proto, value)
        } catch {
            throw .malformed(error)
        }
    }

    private static func parse(_ text: String) throws(MultiaddrError.Reason) -> [MultiaddrComponent] {
        guard text.utf8.count <= self.maximumTextLength else { throw .tooLong(limit: self.maximumTextLength) }
        // The text is split between bytes: a combining character behind a slash would hide it from a Character.
        var rest = text.utf8[...]
        while rest.last == UInt8(ascii: "/") { rest.removeLast() }
        guard !rest.isEmpty else { throw .empty }
        var components: [MultiaddrComponent] = []
        while !rest.isEmpty {
            guard rest.popFirst() == UInt8(ascii: "/") else { throw .noLeadingSlash }
            let name = Substring(rest.prefix { $0 != UInt8(ascii: "/") })
            rest = rest.dropFirst(name.utf8.count)
            guard let proto = MultiaddrProtocol(name: name) else { throw .unknownProtocol(String(name)) }
            var value = Substring()
            if proto.format == .path {
                guard !rest.isEmpty else { throw .missingValue(proto) }
                value = Substring(rest)
                rest = rest.dropFirst(rest.count)
            } else if proto.format != .none {
                guard rest.popFirst() != nil else { throw .missingValue(proto) }
                value = Substring(rest.prefix { $0 != UInt8(ascii: "/") })
                rest = rest.dropFirst(value.utf8.count)
            }
            components.append(MultiaddrComponent(checked: proto, try MultiaddrComponent.value(proto, text: value)))
        }
        return components
    }

    private static func join(_ components: [MultiaddrComponent]) throws(MultiaddrError.Reason) -> Bytes {
        guard !components.isEmpty else { throw .empty }
        guard components.count <= self.maximumComponentCount else {
            throw .tooManyComponents(limit: self.maximumComponentCount)
        }
        guard !components.dropLast().contains(where: { $0.protocol.format == .path }) else {
            throw .componentAfterPath
        }
        let bytes = self.encode(components[...])
        guard bytes.count <= self.maximumLength else { throw .tooLong(limit: self.maximumLength) }
        return bytes
    }

    private static func encode(_ components: ArraySlice<MultiaddrComponent>) -> Bytes {
        var writer = BytesWriter(reserving: 64)
        for component in components { component.write(to: &writer) }
        return writer.finish()
    }
}

extension Multiaddr: CustomStringConvertible {
    /// The text.
    public var description: String { self.components.map(\.description).joined() }
}
