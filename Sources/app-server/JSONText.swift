// SPDX-License-Identifier: Apache-2.0
internal import EventHTTP

/// One JSON object, written member by member.
struct JSONText {
    private(set) var bytes: [UInt8] = []
    private var isFirst = true

    init() {
        bytes.append(UInt8(ascii: "{"))
    }

    /// Members to be appended to an object that has some already.
    init(continuing: Bool) {
        isFirst = !continuing
    }

    mutating func append(_ members: [UInt8]) {
        bytes += members
    }

    mutating func end() {
        bytes += "}\n".utf8
    }

    mutating func member(_ name: String, _ value: Span<UInt8>) {
        key(name)
        string(value)
    }

    mutating func member(_ name: String, _ value: String) {
        key(name)
        string(Array(value.utf8).span)
    }

    mutating func null(_ name: String) {
        key(name)
        bytes += "null".utf8
    }

    /// Names and values in the order they came.
    mutating func list(_ name: String, _ fields: borrowing Fields) {
        key(name)
        bytes.append(UInt8(ascii: "["))
        for i in 0..<fields.count {
            if i > 0 { bytes += ", ".utf8 }
            bytes += #"{"name": "#.utf8
            string(fields[i].name)
            bytes += #", "value": "#.utf8
            string(fields[i].value)
            bytes.append(UInt8(ascii: "}"))
        }
        bytes.append(UInt8(ascii: "]"))
    }

    /// RFC 4648 §4.
    mutating func base64(_ name: String, _ value: [UInt8]) {
        key(name)
        bytes.append(UInt8(ascii: "\""))
        let digits = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)
        for start in stride(from: 0, to: value.count, by: 3) {
            let count = min(3, value.count - start)
            var group = 0
            for i in 0..<3 { group = group << 8 | (i < count ? Int(value[start + i]) : 0) }
            for i in 0..<4 {
                bytes.append(i <= count ? digits[group >> (18 - 6 * i) & 63] : UInt8(ascii: "="))
            }
        }
        bytes.append(UInt8(ascii: "\""))
    }

    private mutating func key(_ name: String) {
        if !isFirst { bytes += ", ".utf8 }
        isFirst = false
        bytes.append(UInt8(ascii: "\""))
        bytes += name.utf8
        bytes += #"": "#.utf8
    }

    /// What is not UTF-8 becomes U+FFFD.
    private mutating func string(_ value: Span<UInt8>) {
        bytes += String(decoding: [UInt8](copying: value), as: UTF8.self).jsonQuoted.utf8
    }
}
