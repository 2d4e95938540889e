// SPDX-License-Identifier: Apache-2.0

/// A message repeats at most this much of what the file says.
private let quotedCharactersMax = 60

/// Words further apart than this are not a slip of the finger.
private let suggestionDistanceMax = 2

extension String {
    /// This text fit for a terminal and a log line: control and invisible characters are escaped, so that a file
    /// cannot forge lines of the log, and a long text is cut.
    var forMessage: String {
        var safe = ""
        for (count, scalar) in unicodeScalars.enumerated() {
            guard count < quotedCharactersMax else {
                return safe + "…"
            }
            switch scalar.properties.generalCategory {
            case .control, .format, .lineSeparator, .paragraphSeparator, .privateUse, .surrogate, .unassigned:
                safe += "\\u{\(String(scalar.value, radix: 16))}"
            default:
                safe.unicodeScalars.append(scalar)
            }
        }
        return safe
    }

    /// ``forMessage`` in single quotes.
    var quotedForMessage: String { "'\(forMessage)'" }

    /// The nearest of `words` if it is near enough to have been meant; the first of those equally near.
    func nearest(of words: [String]) -> String? {
        var best: (word: String, distance: Int)?
        for word in words {
            guard let distance = editDistance(from: self, to: word, max: suggestionDistanceMax) else { continue }
            // Two edits make `port` of `host`, which nobody meant: less than half of the word may differ.
            guard distance * 2 < word.utf8.count else { continue }
            if best == nil || distance < best!.distance { best = (word, distance) }
        }
        return best?.word
    }
}

/// How many insertions, deletions, replacements and swaps of neighbours (optimal string alignment) make `to` of
/// `from`, or `nil` if more than `max`.
func editDistance(from: String, to: String, max: Int) -> Int? {
    // The difference in length is a lower bound; asking it first keeps a hostile key of a megabyte cheap.
    guard abs(from.utf8.count - to.utf8.count) <= max else { return nil }
    let from = Array(from.utf8)
    let to = Array(to.utf8)
    var beforePrevious: [Int] = []
    var previous = Array(0...to.count)
    for row in 0..<from.count {
        var current = [row + 1]
        current.reserveCapacity(to.count + 1)
        for column in 0..<to.count {
            let replaced = previous[column] + (from[row] == to[column] ? 0 : 1)
            var cost = min(replaced, previous[column + 1] + 1, current[column] + 1)
            if row > 0, column > 0, from[row] == to[column - 1], from[row - 1] == to[column] {
                cost = min(cost, beforePrevious[column - 1] + 1)
            }
            current.append(cost)
        }
        beforePrevious = previous
        previous = current
    }
    return previous[to.count] <= max ? previous[to.count] : nil
}
