// SPDX-License-Identifier: Apache-2.0

/// The hosts that one request has tried. Small and without allocation: a request tries at most `attemptsMax` of them.
struct TriedHosts {
    static let attemptsMax = 10

    private var hosts = InlineArray<10, Int32>(repeating: -1)
    private(set) var count = 0

    mutating func insert(_ host: Int) {
        precondition(count < Self.attemptsMax)
        hosts[count] = Int32(host)
        count += 1
    }

    /// The host that was tried at this position.
    subscript(position: Int) -> Int {
        precondition(position < count)
        return Int(hosts[position])
    }

    func contains(_ host: Int) -> Bool {
        for i in 0..<count where hosts[i] == Int32(host) { return true }
        return false
    }
}
