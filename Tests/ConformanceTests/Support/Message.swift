// SPDX-License-Identifier: Apache-2.0

/// A message as it came over a connection, requests and responses alike. Text is Latin-1, a byte for each character.
struct Message: Sendable {
    struct Field: Sendable {
        let name: String
        let value: String
    }

    enum Framing: Sendable {
        case none, length, chunked, untilClose, tunnel
    }

    var method = ""
    var target = ""
    var version = ""
    var status = 0
    var reason = ""
    var fields: [Field] = []
    var trailers: [Field] = []
    var content: [UInt8] = []
    var framing = Framing.none
    /// The head is there.
    var hasHead = false
    var isComplete = false

    var line: String { method + " " + target }

    /// The values of the lines with this name, in order.
    func values(_ name: String) -> [String] {
        fields.filter { $0.name.lowercased() == name.lowercased() }.map(\.value)
    }

    /// The members of a list, over all its lines.
    func members(_ name: String) -> [String] {
        values(name).flatMap { $0.split(separator: ",") }.map { $0.trimmed.lowercased() }
    }

    var text: String { content.latin1 }
}

extension StringProtocol {
    /// Without white space around it (RFC 9110 §5.6.3).
    var trimmed: String {
        var rest = Substring(self)
        while let first = rest.first, first == " " || first == "\t" { rest.removeFirst() }
        while let last = rest.last, last == " " || last == "\t" { rest.removeLast() }
        return String(rest)
    }

    /// A byte for each character, which is of Latin-1: so a table can spell any octet as `\u{…}`.
    var octets: [UInt8] { unicodeScalars.map { UInt8($0.value) } }
}

extension Sequence<UInt8> {
    var latin1: String { String(String.UnicodeScalarView(map { Unicode.Scalar($0) })) }
}
