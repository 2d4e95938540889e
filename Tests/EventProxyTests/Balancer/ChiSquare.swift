// SPDX-License-Identifier: Apache-2.0

extension [Int] {
    /// Pearson's statistic against expected shares. For k classes it is about k - 1, give or take √(2(k - 1)).
    func chiSquare(shares: [Double]? = nil) -> Double {
        let sum = Double(reduce(0, +))
        var statistic = 0.0
        for (index, count) in enumerated() {
            let expected = (shares?[index] ?? 1 / Double(self.count)) * sum
            statistic += (Double(count) - expected) * (Double(count) - expected) / expected
        }
        return statistic
    }
}
