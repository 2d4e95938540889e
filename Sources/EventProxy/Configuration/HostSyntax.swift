// SPDX-License-Identifier: Apache-2.0

/// The syntax of addresses and host names. Nothing is resolved: whether a name exists is for the resolver to say, again
/// and again while the proxy runs.
enum HostSyntax {
    /// RFC 1035 section 2.3.4: 255 octets on the wire are 253 characters.
    static let nameCharactersMax = 253
    static let labelCharactersMax = 63

    /// The one spelling shared by all texts that mean the same address or name; `nil` if `text` is none.
    static func canonical(_ text: String) -> String? {
        if let groups = ipv6(text) {
            return groups.map { String($0, radix: 16) }.joined(separator: ":")
        }
        return ipv4(text) != nil || isName(text) ? text.lowercased() : nil
    }

    static func isAddress(_ text: String) -> Bool {
        ipv4(text) != nil || ipv6(text) != nil
    }

    /// A DNS host name: RFC 1123 section 2.1, and `_`, which container networks use in names.
    static func isName(_ text: String) -> Bool {
        var name = text.utf8[...]
        // The final dot of a full name ends the search through the resolver's domains.
        if name.last == UInt8(ascii: ".") { name = name.dropLast() }
        guard !name.isEmpty, name.count <= nameCharactersMax else { return false }
        let labels = name.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
        // A name that ends in a number is a mistyped IPv4 address, and resolvers disagree about it.
        guard let last = labels.last, !last.allSatisfy(isDigit) else { return false }
        return labels.allSatisfy { label in
            !label.isEmpty && label.count <= labelCharactersMax
                && label.first != UInt8(ascii: "-") && label.last != UInt8(ascii: "-")
                && label.allSatisfy {
                    isLetter($0) || isDigit($0) || $0 == UInt8(ascii: "-") || $0 == UInt8(ascii: "_")
                }
        }
    }

    /// The four octets of a dotted address, strictly: a leading zero would mean octal to some readers.
    static func ipv4(_ text: String) -> [UInt8]? {
        ipv4(text.utf8[...])
    }

    private static func ipv4(_ text: Substring.UTF8View) -> [UInt8]? {
        let parts = text.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
        guard parts.count == 4 else { return nil }
        var octets: [UInt8] = []
        for part in parts {
            guard (1...3).contains(part.count), part.allSatisfy(isDigit) else { return nil }
            guard part.count == 1 || part.first != UInt8(ascii: "0") else { return nil }
            guard let octet = UInt8(Substring(part)) else { return nil }
            octets.append(octet)
        }
        return octets
    }

    /// The eight groups of an address in the text forms of RFC 4291 section 2.2, without a zone.
    static func ipv6(_ text: String) -> [UInt16]? {
        var parts = text.utf8.split(separator: UInt8(ascii: ":"), omittingEmptySubsequences: false)
        guard parts.count >= 3, parts.count <= 9 else { return nil }
        // "::" at an end leaves two empty parts there; one of them is the gap. A single colon there is an error.
        if parts[0].isEmpty {
            guard parts[1].isEmpty else { return nil }
            parts.removeFirst()
        }
        if parts[parts.count - 1].isEmpty, parts.count > 1 {
            guard parts[parts.count - 2].isEmpty else { return nil }
            parts.removeLast()
        }
        var groups: [UInt16] = []
        var gap: Int?
        for (index, part) in parts.enumerated() {
            if part.isEmpty {
                guard gap == nil else { return nil }
                gap = groups.count
            } else if index == parts.count - 1, let octets = ipv4(part) {
                groups.append(UInt16(octets[0]) << 8 | UInt16(octets[1]))
                groups.append(UInt16(octets[2]) << 8 | UInt16(octets[3]))
            } else {
                guard part.count <= 4, part.allSatisfy(isHexDigit) else { return nil }
                guard let group = UInt16(Substring(part), radix: 16) else { return nil }
                groups.append(group)
            }
        }
        guard let gap else { return groups.count == 8 ? groups : nil }
        guard groups.count < 8 else { return nil }
        groups.insert(contentsOf: repeatElement(0, count: 8 - groups.count), at: gap)
        return groups
    }
}
