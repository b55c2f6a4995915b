import Foundation

/// What the perf suite wants to know of its samples (unified-testing, lib of the perf images).
struct Distribution {
    private let sorted: [Double]
    private let decimals: Int

    init(_ values: [Double], decimals: Int) {
        self.sorted = values.sorted()
        self.decimals = decimals
    }

    /// By linear interpolation between the two values around the place.
    private func percentile(_ percent: Double) -> Double {
        guard let last = self.sorted.last else { return 0 }
        let place = percent / 100 * Double(self.sorted.count - 1)
        let low = Int(place)
        guard low + 1 < self.sorted.count else { return last }
        return self.sorted[low] + (self.sorted[low + 1] - self.sorted[low]) * (place - Double(low))
    }

    /// The lines of a section; minimum and maximum are those without the outliers, which lie 1.5 times the distance of
    /// the quartiles and more outside them.
    var lines: String {
        let (q1, median, q3) = (self.percentile(25), self.percentile(50), self.percentile(75))
        let inner = (q1 - 1.5 * (q3 - q1))...(q3 + 1.5 * (q3 - q1))
        let usual = self.sorted.filter { inner.contains($0) }
        let fields: [(String, String)] = [
            ("min", self.text(usual.first ?? 0)), ("q1", self.text(q1)), ("median", self.text(median)),
            ("q3", self.text(q3)), ("max", self.text(usual.last ?? 0)),
            ("outliers", self.list(self.sorted.filter { !inner.contains($0) })), ("samples", self.list(self.sorted)),
        ]
        return fields.map { "  \($0): \($1)\n" }.joined()
    }

    private func text(_ value: Double) -> String { value.text(decimals: self.decimals) }

    private func list(_ values: [Double]) -> String { "[\(values.map(self.text).joined(separator: ", "))]" }
}

extension Double {
    /// The value with just so many decimals.
    func text(decimals: Int) -> String { String(format: "%.\(decimals)f", self) }
}
