// SPDX-License-Identifier: Apache-2.0

// The kinds of values that only a proxy has.

extension ValueKind<String> {
    /// An address to listen on.
    static var address: ValueKind {
        .text("an IPv4 or IPv6 address") { scalar in
            if HostSyntax.isAddress(scalar.text) { return .value(scalar.text) }
            return .mismatch(remedy: addressRemedy(scalar.text))
        }
    }

    /// An address or a name to connect to.
    static var host: ValueKind {
        .text("an IPv4 address, an IPv6 address or a host name") { scalar in
            if HostSyntax.canonical(scalar.text) != nil { return .value(scalar.text) }
            return .mismatch(remedy: addressRemedy(scalar.text))
        }
    }

    /// What people write around an address, and where it goes.
    private static func addressRemedy(_ text: String) -> String? {
        let bytes = Array(text.utf8)
        if text.lowercased() == "localhost" { return "write 127.0.0.1 or ::1" }
        if bytes.starts(with: "http://".utf8) || bytes.starts(with: "https://".utf8) { return "remove the scheme" }
        if bytes.contains(UInt8(ascii: "[")) { return "remove the brackets" }
        if bytes.contains(UInt8(ascii: "%")) { return "an address with a zone is not supported" }
        let parts = bytes.split(separator: UInt8(ascii: ":"), omittingEmptySubsequences: false)
        if parts.count == 2, parts[1].allSatisfy(isDigit) { return "write the port under the key 'port'" }
        return nil
    }

    /// The longest service name: that of a DNS label, which Kubernetes gives its services.
    static let serviceNameCharactersMax = 63

    /// The name of a service, safe in log lines, metrics and file names.
    static var serviceName: ValueKind {
        .text(
            "a name of 1 to \(serviceNameCharactersMax) of the characters A-Z a-z 0-9 . _ -",
            schema: .text(pattern: "^[A-Za-z0-9._-]{1,\(serviceNameCharactersMax)}$")
        ) { scalar in
            // Plain, it is a number to every other program that reads the file.
            guard scalar.meaning == .text else { return .mismatch(remedy: "put it in quotes") }
            let bytes = scalar.text.utf8
            let isName =
                (1...serviceNameCharactersMax).contains(bytes.count)
                && bytes.allSatisfy { isLetter($0) || isDigit($0) || "._-".utf8.contains($0) }
            return isName ? .value(scalar.text) : .mismatch(remedy: nil)
        }
    }

    /// Linux' PATH_MAX without its NUL.
    static let pathBytesMax = 4095

    /// What a request can ask for (RFC 9112 section 3.2.1).
    static var requestPath: ValueKind {
        .text("a path of a URL that begins with /", schema: .text(pattern: "^/")) { scalar in
            let bytes = scalar.text.utf8
            let isPath =
                bytes.first == UInt8(ascii: "/") && bytes.count <= pathBytesMax
                && bytes.allSatisfy { $0 > 0x20 && $0 < 0x7F && $0 != UInt8(ascii: "#") }
            return isPath ? .value(scalar.text) : .mismatch(remedy: "write it as in GET, such as /readyz")
        }
    }

    /// A path, or "" for none.
    static var path: ValueKind {
        .text("a file path (\"\" for none)") { scalar in
            guard scalar.meaning == .text else { return .mismatch(remedy: "put it in quotes") }
            let isPath =
                scalar.text.utf8.count <= pathBytesMax && !scalar.text.utf8.contains { $0 < 0x20 || $0 == 0x7F }
            return isPath ? .value(scalar.text) : .mismatch(remedy: nil)
        }
    }
}

extension ValueKind<String?> {
    /// Fields that frame a message or belong to one connection (RFC 9110 sections 7.6.1 and 8.6, RFC 9112 section 6):
    /// a second, made-up value would be a hole or nonsense.
    private static let forbiddenFields: Set<String> = [
        "connection", "content-length", "date", "keep-alive", "proxy-connection", "te", "trailer", "transfer-encoding",
        "upgrade",
    ]

    /// The longest field name that is accepted.
    static let fieldNameBytesMax = 256

    /// The name of a field that the proxy adds to responses, or "" for none.
    static var originField: ValueKind {
        .text("a field name (\"\" for none)", write: { .quoted($0 ?? "") }) { scalar in
            if scalar.text.isEmpty { return .value(nil) }
            guard scalar.meaning == .text else { return .mismatch(remedy: "put it in quotes") }
            guard scalar.text.utf8.count <= fieldNameBytesMax, scalar.text.utf8.allSatisfy(isTokenByte) else {
                return .mismatch(remedy: "use letters, digits and -")
            }
            if forbiddenFields.contains(scalar.text.lowercased()) {
                return .mismatch(remedy: "that field controls the connection or is the proxy's own")
            }
            return .value(scalar.text)
        }
    }

    /// The name of a cookie (RFC 6265 section 4.1.1), or "" for none.
    static var cookieName: ValueKind {
        .text("a cookie's name (\"\" for none)", write: { .quoted($0 ?? "") }) { scalar in
            if scalar.text.isEmpty { return .value(nil) }
            guard scalar.meaning == .text else { return .mismatch(remedy: "put it in quotes") }
            let isName = scalar.text.utf8.count <= fieldNameBytesMax && scalar.text.utf8.allSatisfy(isTokenByte)
            return isName ? .value(scalar.text) : .mismatch(remedy: "use letters, digits, - and _")
        }
    }
}

/// RFC 9110 section 5.6.2: tchar.
func isTokenByte(_ byte: UInt8) -> Bool {
    isLetter(byte) || isDigit(byte) || "!#$%&'*+-.^_`|~".utf8.contains(byte)
}

extension ValueKind {
    /// A word or a number; `value` is told nil for the word.
    static func word<Number>(
        _ word: String, or number: ValueKind<Number>, write: @escaping @Sendable (Value) -> YAMLText,
        _ value: @escaping @Sendable (Number?) -> Value
    ) -> ValueKind {
        let wants = "\(word) or \(number.wants)"
        return ValueKind(wants, schema: .either(.choice([word]), number.schema), write: write) { node, findings in
            if node.scalar?.text == word { return value(nil) }
            // Read with findings of its own, so that the message names both.
            var ignored = Findings(file: findings.file)
            if let number = number.read(node, &ignored) { return value(number) }
            let isQuotedNumber = node.scalar.map { $0.isQuoted && Int($0.text) != nil } ?? false
            findings.reportMismatch(node, wants: wants, remedy: isQuotedNumber ? "remove the quotes" : nil)
            return nil
        }
    }
}

extension ValueKind<ProxyConfiguration.Workers> {
    /// `auto` or a number.
    static func workers(_ range: ClosedRange<Int>) -> ValueKind {
        .word("auto", or: .integer(range), write: write) { $0.map { .count($0) } ?? .automatic }
    }

    private static func write(_ workers: ProxyConfiguration.Workers) -> YAMLText {
        switch workers {
        case .automatic: .plain("auto")
        case .count(let count): .plain("\(count)")
        }
    }
}

extension ValueKind<UInt16> {
    /// A port, or that there is none but in the records of a service.
    static var hostPort: ValueKind {
        .word("srv", or: .integer(1...65535), write: { .plain($0 == 0 ? "srv" : "\($0)") }, { $0 ?? 0 })
    }
}

extension ValueKind<Double> {
    /// A part of all, with up to six decimals.
    static var share: ValueKind {
        .text("a share from 0 to 1 such as 0.05", schema: .share, write: writeShare) { scalar in
            if scalar.isQuoted { return .mismatch(remedy: "remove the quotes") }
            let text = scalar.text
            if text.utf8.last == UInt8(ascii: "%") { return .mismatch(remedy: "write 5 percent as 0.05") }
            let parts = text.utf8.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
            guard let whole = parts.first, whole.count == 1, parts.count <= 2,
                parts.allSatisfy({ !$0.isEmpty && $0.allSatisfy(isDigit) })
            else { return .mismatch(remedy: nil) }
            let decimals = parts.count == 2 ? parts[1] : "0".utf8[...]
            guard decimals.count <= 6 else { return .mismatch(remedy: "write at most six decimals") }
            guard let digits = String(decimals), let fraction = Int(digits), let ones = Int(String(whole) ?? "") else {
                return .mismatch(remedy: nil)
            }
            var scale = millionth
            for _ in 0..<decimals.count { scale /= 10 }
            let millionths = ones * millionth + fraction * scale
            guard millionths <= millionth else { return .mismatch(remedy: nil) }
            return .value(Double(millionths) / Double(millionth))
        }
    }

    private static var millionth: Int { 1_000_000 }

    private static func writeShare(_ share: Double) -> YAMLText {
        let millionths = Int((share * Double(millionth)).rounded())
        if millionths % millionth == 0 { return .plain(String(millionths / millionth)) }
        var digits = String(millionth + millionths).dropFirst()
        while digits.last == "0" { digits.removeLast() }
        return .plain("0." + digits)
    }
}
