// SPDX-License-Identifier: Apache-2.0

/// The forms of hashes that a password is compared with: bcrypt and SHA-2, as `htpasswd -B`, `-2` and `-5` write them.
/// What takes longer than a second to compute is refused: whoever knows no password could have it computed.
enum PasswordHash {
    static let bcryptCostMax = 14
    static let roundsMax = 1_000_000
    /// The default of `rounds=`.
    private static let shaBytes = ["5": 43, "6": 86]
    private static let bcryptBytes = 60
    private static let saltBytesMax = 16

    /// What is wrong with a hash, without a word of it; nil if nothing is.
    static func problem(_ text: String) -> String? {
        let parts = text.split(separator: "$", omittingEmptySubsequences: false).map(String.init)
        guard parts.count >= 4, parts[0].isEmpty else { return wanted }
        switch parts[1] {
        case "2b", "2y":
            guard parts.count == 4, text.utf8.count == bcryptBytes, parts[2].utf8.count == 2, isAlphabet(parts[3]),
                let cost = number(parts[2]), cost >= 4
            else { return "it is no whole hash of bcrypt; " + remedy }
            return cost <= bcryptCostMax ? nil : "its cost is \(cost), and at most \(bcryptCostMax) is allowed"
        case "5", "6":
            var rest = parts.dropFirst(2)
            if let first = rest.first, first.hasPrefix("rounds=") {
                guard let rounds = number(String(first.dropFirst(7))) else {
                    return "its number of rounds is none; " + remedy
                }
                if rounds > roundsMax { return "it has \(rounds) rounds, and at most \(roundsMax) are allowed" }
                rest = rest.dropFirst()
            }
            guard rest.count == 2, let salt = rest.first, let sum = rest.last, salt.utf8.count <= saltBytesMax,
                isAlphabet(salt), sum.utf8.count == shaBytes[parts[1]], isAlphabet(sum)
            else { return "it is no whole hash of SHA-2; " + remedy }
            return nil
        default: return wanted
        }
    }

    private static let wanted = "it must be a hash of bcrypt ($2y$, $2b$) or SHA-2 ($5$, $6$); " + remedy
    private static let remedy = "write one with: htpasswd -nB NAME"

    private static func number(_ digits: String) -> Int? {
        digits.utf8.allSatisfy(isDigit) ? Int(digits) : nil
    }

    private static func isAlphabet(_ text: String) -> Bool {
        text.utf8.allSatisfy { isLetter($0) || isDigit($0) || $0 == UInt8(ascii: ".") || $0 == UInt8(ascii: "/") }
    }
}
