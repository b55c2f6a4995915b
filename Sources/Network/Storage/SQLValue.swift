package import Bytes

/// A value of a column or of a parameter, by SQLite's storage classes (sqlite.org/datatype3.html).
package enum SQLValue: Hashable, Sendable {
    case null
    case integer(Int64)
    case text(String)
    case blob(Bytes)

    /// The value, or null.
    package static func optional(_ value: Int64?) -> SQLValue { value.map { .integer($0) } ?? .null }

    /// The value, or null.
    package static func optional(_ value: Bytes?) -> SQLValue { value.map { .blob($0) } ?? .null }
}
