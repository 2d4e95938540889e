// SPDX-License-Identifier: Apache-2.0
internal import EventHTTP

// The kinds of values that say who may ask for what.

extension ValueKind<[AddressBlock]> {
    /// A list of addresses and blocks of addresses, perhaps an empty one.
    static var blocks: ValueKind {
        .list(of: .block, unique: blockUnique, mayBeEmpty: true)
    }

    private static let blockUnique = Unique<AddressBlock>(
        key: nil, identity: { $0.description }, name: { "the block \($0.description)" })
}

extension ValueKind<AddressBlock> {
    /// An address, or all addresses that share its first bits.
    static var block: ValueKind {
        .text("an address or a block of addresses such as 10.0.0.0/8", write: { .quoted($0.description) }) { scalar in
            guard let block = AddressBlock(scalar.text) else { return .mismatch(remedy: remedy(scalar.text)) }
            // Whoever wrote 10.1.2.3/8 meant either that address or all of 10: only they can know.
            guard block.isWritten(as: scalar.text) else {
                return .mismatch(remedy: "bits beyond the prefix are set; write \(block) or the address alone")
            }
            return .value(block)
        }
    }

    private static func remedy(_ text: String) -> String? {
        if HostSyntax.isName(text) { return "names are not looked up; write the addresses" }
        if text.utf8.contains(UInt8(ascii: "[")) { return "remove the brackets" }
        if text.utf8.contains(UInt8(ascii: "-")) { return "write the range as one or more blocks" }
        return nil
    }
}

extension AddressBlock {
    /// Whether the address in `text` has no bits beyond the block's prefix.
    fileprivate func isWritten(as text: String) -> Bool {
        SocketAddress(String(text.prefix { $0 != "/" }), port: 0).map(begins) ?? false
    }
}

extension ValueKind<String> {
    /// The name of a field that the configuration may change.
    static var changeableField: ValueKind {
        .text(fieldNameWanted) { scalar in
            guard scalar.meaning == .text else { return .mismatch(remedy: "put it in quotes") }
            return scalar.text.asChangeableField
        }
    }

    /// A host of requests, as `Host` has it without its port, or `*.` before the end of many.
    static var routeHost: ValueKind {
        .text("a host name, *.NAME or an address (\"\" for any)") { scalar in
            let text = scalar.text.lowercased()
            if text.isEmpty { return .value("") }
            if text.utf8.first == UInt8(ascii: "["), text.utf8.last == UInt8(ascii: "]") {
                let isAddress = HostSyntax.ipv6(String(text.dropFirst().dropLast())) != nil
                return isAddress ? .value(text) : .mismatch(remedy: nil)
            }
            if HostSyntax.ipv6(text) != nil { return .mismatch(remedy: "write it in brackets, as in a URL") }
            if text == "*" { return .mismatch(remedy: "leave the key out for any host") }
            // The dot that ends a full name is not compared either.
            let name = text.hasSuffix(".") ? String(text.dropLast()) : text
            let end = name.hasPrefix("*.") ? String(name.dropFirst(2)) : name
            if HostSyntax.isName(end) || (end == name && HostSyntax.isAddress(end)) { return .value(name) }
            let hasPort = text.utf8.contains(UInt8(ascii: ":"))
            return .mismatch(remedy: hasPort ? "a port does not matter; remove it" : nil)
        }
    }

    /// The beginning of a path.
    static var pathPrefix: ValueKind {
        .text("the beginning of a path, such as /api") { scalar in
            let bytes = Array(scalar.text.utf8)
            guard bytes.first == UInt8(ascii: "/"), bytes.count <= pathBytesMax,
                bytes.allSatisfy({ $0 > 0x20 && $0 < 0x7F })
            else { return .mismatch(remedy: nil) }
            if bytes.contains(where: { "?#;*".utf8.contains($0) }) {
                return .mismatch(remedy: "a prefix is whole segments, without * ? # or ;")
            }
            guard RoutePath.isUnambiguous(bytes.span) else {
                return .mismatch(remedy: "requests with such a path are refused")
            }
            return .value(scalar.text)
        }
    }

    /// A token that is a method, or "" for any.
    static var method: ValueKind {
        .text("a method such as GET (\"\" for any)") { scalar in
            let text = scalar.text
            if text.isEmpty { return .value("") }
            guard text.utf8.count <= methodBytesMax, text.utf8.allSatisfy(isTokenByte) else {
                return .mismatch(remedy: nil)
            }
            let isLowercase = text != text.uppercased()
            return isLowercase ? .mismatch(remedy: "methods are in upper case: \(text.uppercased())") : .value(text)
        }
    }

    /// The parser refuses longer ones.
    private static let methodBytesMax = 64

    fileprivate static var fieldNameWanted: String { "the name of a field" }
}

extension ValueKind<[ProxyConfiguration.FieldChanges.Field]> {
    /// The longest value that a field may be given.
    static let fieldValueBytesMax = 4096

    /// A mapping of field names to values.
    static var fields: ValueKind {
        let wants = "a mapping of field names to values"
        return ValueKind(wants, schema: .texts, write: write) { node, findings in
            guard case .mapping(let entries) = node.content else {
                findings.reportMismatch(node, wants: wants)
                return nil
            }
            var fields: [ProxyConfiguration.FieldChanges.Field] = []
            var firstLines: [String: Int] = [:]
            for entry in entries {
                guard let name = readName(entry.key, &findings) else { continue }
                if let line = firstLines[name.lowercased()] {
                    let message = "the field \(name.quotedForMessage) is already on line \(line)"
                    findings.report(entry.key.position, message)
                }
                firstLines[name.lowercased()] = entry.key.position.line
                findings.within(name) { findings in
                    if let value = readValue(entry.value, &findings) { fields.append(.init(name, value)) }
                }
            }
            return fields
        }
    }

    private static func readName(_ node: YAMLNode, _ findings: inout Findings) -> String? {
        guard let scalar = node.scalar else {
            findings.reportMismatch(node, wants: "a mapping whose keys are names of fields")
            return nil
        }
        switch scalar.text.asChangeableField {
        case .value(let name): return name
        case .mismatch(let remedy):
            let remedy = remedy.map { "; \($0)" } ?? ""
            let subject = "\(scalar.text.quotedForMessage) \(findings.place)"
            findings.report(node.position, "\(subject) is not a field that can be changed\(remedy)")
            return nil
        }
    }

    /// What may stand in a field line (RFC 9110 section 5.5); the space around it would not be part of it.
    private static func readValue(_ node: YAMLNode, _ findings: inout Findings) -> String? {
        let wants = "the value of a field, at most \(fieldValueBytesMax) bytes without controls"
        guard let scalar = node.scalar, scalar.meaning != .null else {
            let isEmpty = node.scalar != nil
            findings.reportMismatch(node, wants: wants, remedy: isEmpty ? "write \"\" for an empty one" : nil)
            return nil
        }
        let bytes = scalar.text.utf8
        guard bytes.count <= fieldValueBytesMax, bytes.allSatisfy({ $0 >= 0x20 && $0 != 0x7F }) else {
            findings.reportMismatch(node, wants: wants)
            return nil
        }
        guard bytes.first != 0x20, bytes.last != 0x20 else {
            findings.reportMismatch(node, wants: wants, remedy: "remove the space around it")
            return nil
        }
        return scalar.text
    }

    private static func write(_ fields: [ProxyConfiguration.FieldChanges.Field]) -> YAMLText {
        if fields.isEmpty { return .plain("{}") }
        return .mapping(fields.map { YAMLText.Entry(name: $0.name, value: .quoted($0.value)) })
    }
}

extension String {
    /// This text as the name of a field that a configuration may set or remove: any but those that frame a message,
    /// belong to one connection, or are the proxy's own to write (RFC 9110 sections 7.6 and 8.6), under whatever alias.
    fileprivate var asChangeableField: Parsed<String> {
        let bytes = Array(utf8)
        guard (1...ValueKind<String?>.fieldNameBytesMax).contains(bytes.count), bytes.allSatisfy(isTokenByte) else {
            return .mismatch(remedy: "use letters, digits and -")
        }
        if ForwardedFields.isReserved(bytes.span) {
            return .mismatch(remedy: "that field controls the connection or is the proxy's own")
        }
        return .value(self)
    }
}

extension ValueKind<ProxyConfiguration.RateLimit.Subject> {
    /// Whose requests are counted together.
    static var rateSubject: ValueKind {
        .text("address, route or field NAME", write: write) { scalar in
            let words = scalar.text.split(separator: " ", omittingEmptySubsequences: false).map(String.init)
            switch (words[0], words.count) {
            case ("address", 1): return .value(.address)
            case ("route", 1): return .value(.route)
            case ("field", 2):
                let isName =
                    !words[1].isEmpty && words[1].utf8.count <= ValueKind<String?>.fieldNameBytesMax
                    && words[1].utf8.allSatisfy(isTokenByte)
                return isName ? .value(.field(words[1])) : .mismatch(remedy: "use letters, digits and - in the name")
            case ("field", 1): return .mismatch(remedy: "name the field, such as field X-API-Key")
            default: return .mismatch(remedy: nil)
            }
        }
    }

    private static func write(_ subject: Value) -> YAMLText {
        switch subject {
        case .address: .plain("address")
        case .route: .plain("route")
        case .field(let name): .quoted("field \(name)")
        }
    }
}
