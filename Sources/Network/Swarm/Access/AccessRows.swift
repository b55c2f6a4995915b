import Bytes
package import Storage
import Telemetry

/// The access list in the node's database. On its thread only.
package enum AccessRows {
    private static let log = Log("access")

    /// The rules, in the order of `AccessRules.all`. Rows that make no sense are passed over.
    package static func read(_ database: Database) throws(StorageError) -> [AccessRule] {
        let rows = try database.query("SELECT target, action FROM access_rules ORDER BY target") {
            row throws(StorageError) -> AccessRule? in
            guard let target = AccessTarget(try row.text(0)), let action = AccessAction(rawValue: try row.text(1))
            else {
                return nil
            }
            return AccessRule(action, target)
        }
        let rules = rows.compactMap { $0 }
        if rules.count < rows.count {
            Self.log.error("rules of the access list were not understood", ["count": rows.count - rules.count])
        }
        return AccessRules(allowsListedOnly: false, rules).all
    }

    /// Stores a rule in place of one of the same target; when this returns it survives a loss of power.
    package static func set(_ rule: AccessRule, in database: Database) throws(StorageError) {
        try database.transaction(.power) { () throws(StorageError) in
            try database.execute(
                "INSERT OR REPLACE INTO access_rules (target, action) VALUES (?, ?)",
                [.text("\(rule.target)"), .text(rule.action.rawValue)])
        }
    }

    /// Removes the rule of a target; false where there is none.
    package static func remove(_ target: AccessTarget, in database: Database) throws(StorageError) -> Bool {
        try database.transaction(.power) { () throws(StorageError) in
            try database.execute("DELETE FROM access_rules WHERE target = ?", [.text("\(target)")])
            return try database.integer("SELECT changes()") ?? 0 > 0
        }
    }
}
