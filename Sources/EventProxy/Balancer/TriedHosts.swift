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

    /// Hosts have come or gone: each has another number, or none, as one that is not there any more.
    mutating func renumber(_ moved: [Int?]) {
        for position in 0..<count where hosts[position] >= 0 {
            hosts[position] = Int32(moved[Int(hosts[position])] ?? Self.gone)
        }
    }

    /// The number of a host that is not there any more.
    static let gone = -1

    /// The host that was tried at this position, or `gone`.
    subscript(position: Int) -> Int {
        precondition(position < count)
        return Int(hosts[position])
    }

    /// How many of them are still there.
    var presentCount: Int {
        var present = 0
        for i in 0..<count where hosts[i] != Int32(Self.gone) { present += 1 }
        return present
    }

    func contains(_ host: Int) -> Bool {
        for i in 0..<count where hosts[i] == Int32(host) { return true }
        return false
    }
}
