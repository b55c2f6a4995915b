import Apus

extension Double {
    /// The value with so many decimals.
    func rounded(to digits: Int) -> Double {
        var scale = 1.0
        for _ in 0..<digits { scale *= 10 }
        return (self * scale).rounded() / scale
    }
}

extension Duration {
    /// Milliseconds with three decimals, for answers.
    var milliseconds: JSON { .number((self.inSeconds * 1e3).rounded(to: 3)) }
    /// Seconds with six decimals, for answers.
    var seconds: JSON { .number(self.inSeconds.rounded(to: 6)) }
}
