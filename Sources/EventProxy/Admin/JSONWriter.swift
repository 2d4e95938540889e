// SPDX-License-Identifier: Apache-2.0
internal import EventHTTP

/// A JSON text (RFC 8259), written value by value.
struct JSONWriter {
    private(set) var text = ""
    private var needsComma = false

    mutating func object(_ name: String? = nil, _ body: (inout JSONWriter) -> Void) {
        enclosed(name, "{", "}", body)
    }

    mutating func array(_ name: String? = nil, _ body: (inout JSONWriter) -> Void) {
        enclosed(name, "[", "]", body)
    }

    mutating func member(_ name: String, _ value: String) { write(name, value.jsonQuoted) }
    mutating func member(_ name: String, _ value: Int) { write(name, String(value)) }
    mutating func member(_ name: String, _ value: Int64) { write(name, String(value)) }
    mutating func member(_ name: String, _ value: UInt64) { write(name, String(value)) }
    mutating func member(_ name: String, _ value: Bool) { write(name, value ? "true" : "false") }
    mutating func null(_ name: String) { write(name, "null") }

    /// A number with three digits behind the point.
    mutating func member(_ name: String, thousandths value: Int64) {
        let digits = String(value.magnitude % 1_000)
        let fraction = String(repeating: "0", count: 3 - digits.count) + digits
        write(name, "\(value < 0 ? "-" : "")\(value.magnitude / 1_000).\(fraction)")
    }

    private mutating func enclosed(
        _ name: String?, _ opening: String, _ closing: String, _ body: (inout JSONWriter) -> Void
    ) {
        write(name, opening)
        needsComma = false
        body(&self)
        text += closing
        needsComma = true
    }

    private mutating func write(_ name: String?, _ value: String) {
        if needsComma { text += "," }
        needsComma = true
        if let name { text += name.jsonQuoted + ":" }
        text += value
    }
}
