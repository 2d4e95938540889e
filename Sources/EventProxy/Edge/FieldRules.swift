// SPDX-License-Identifier: Apache-2.0
internal import EventHTTP

/// What is done to the end-to-end fields of a message: some are left out, then some are added.
struct FieldRules: Sendable {
    /// Of fields that are not passed on, in lower case.
    private let dropped: [[UInt8]]
    let added: FieldLines

    /// Does one change after the other, as if the first had been all that came.
    init(_ changes: [ProxyConfiguration.FieldChanges]) {
        var dropped: [String] = []
        var added: [ProxyConfiguration.FieldChanges.Field] = []
        for change in changes {
            let names = (change.remove + change.set.map(\.name)).map { $0.lowercased() }
            added.removeAll { names.contains($0.name.lowercased()) }
            added += change.set + change.add
            dropped += names.filter { !dropped.contains($0) }
        }
        self.dropped = dropped.map { Array($0.utf8) }
        var lines = FieldLines()
        for field in added {
            // The configuration has been checked: these are fields that may be written.
            do { try lines.add(field.name, field.value) } catch { preconditionFailure("\(error)") }
        }
        self.added = lines
    }

    /// Nil if these change nothing.
    static func unlessEmpty(_ changes: [ProxyConfiguration.FieldChanges]) -> FieldRules? {
        let rules = FieldRules(changes)
        return rules.dropped.isEmpty && rules.added.bytes.isEmpty ? nil : rules
    }

    func drops(_ field: borrowing Field) -> Bool {
        for index in dropped.indices where dropped[index].count == field.name.count {
            let name = dropped[index]
            if field.name.isSameName(as: name.span) { return true }
        }
        return false
    }
}
