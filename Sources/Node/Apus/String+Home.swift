import Foundation

extension String {
    /// The path with a tilde in front replaced by the home directory: that of the environment, as in a shell, before that of
    /// the user's account.
    package var expandingHome: String {
        let home = ProcessInfo.processInfo.environment["HOME"] ?? ""
        guard self == "~" || self.hasPrefix("~/"), !home.isEmpty else {
            return NSString(string: self).expandingTildeInPath
        }
        return home + self.dropFirst()
    }
}
