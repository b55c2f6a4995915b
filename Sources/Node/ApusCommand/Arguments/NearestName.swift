/// Finds what somebody who mistyped a name may have meant.
enum NearestName {
    /// The candidate that takes the fewest changes to become `name`, if those are few for its length.
    static func find(_ name: String, among candidates: [String]) -> String? {
        let limit = max(1, name.count / 3)
        var best: (candidate: String, distance: Int)?
        for candidate in candidates {
            let distance = Self.distance(Array(name), Array(candidate))
            if distance <= limit, distance < best?.distance ?? .max { best = (candidate, distance) }
        }
        return best?.candidate
    }

    /// "; did you mean --listen?", or where nothing is near, "; see: apus help run".
    static func question(
        _ name: String, among candidates: [String], prefix: String = "", otherwise place: String
    ) -> String {
        self.find(name, among: candidates).map { "; did you mean \(prefix)\($0)?" } ?? "; see: \(place)"
    }

    /// The letters to insert, remove, replace or swap with their neighbour, to make `left` of `right`.
    private static func distance(_ left: [Character], _ right: [Character]) -> Int {
        var beforeLast: [Int] = []
        var last = Array(0...right.count)
        for (row, character) in left.enumerated() {
            var current = [row + 1]
            for (column, other) in right.enumerated() {
                var cost = min(last[column + 1] + 1, current[column] + 1, last[column] + (character == other ? 0 : 1))
                if row > 0, column > 0, character == right[column - 1], left[row - 1] == other {
                    cost = min(cost, beforeLast[column - 1] + 1)
                }
                current.append(cost)
            }
            (beforeLast, last) = (last, current)
        }
        return last.last ?? 0
    }
}
