// SPDX-License-Identifier: Apache-2.0
internal import EventHTTP

/// The hosts that a route is for.
enum RouteHost: Sendable, Equatable {
    case any
    /// This name, in lower case.
    case exact([UInt8])
    /// Every name that ends in this, a dot and a name in lower case: `*.example.com` without its asterisk. Any number
    /// of labels may stand before it, but at least one.
    case suffix([UInt8])

    init(_ text: String) {
        let bytes = Array(text.lowercased().utf8)
        if bytes.isEmpty {
            self = .any
        } else if bytes[0] == UInt8(ascii: "*") {
            self = .suffix(Array(bytes.dropFirst()))
        } else {
            self = .exact(bytes)
        }
    }

    /// Smaller is asked first: a name before names that end alike, and those before any.
    var rank: (Int, Int) {
        switch self {
        case .exact: (0, 0)
        case .suffix(let name): (1, -name.count)
        case .any: (2, 0)
        }
    }

    /// `host` is nil if the request names none, which HTTP/1.0 may.
    func matches(_ host: Span<UInt8>?) -> Bool {
        switch self {
        case .any: return true
        case .exact(let name): return host?.isSameName(as: name.span) ?? false
        case .suffix(let name):
            guard let host, host.count > name.count else { return false }
            return host.dropping(host.count - name.count).isSameName(as: name.span)
        }
    }

    /// Whether nobody reads another host out of `Host`: nothing in it is escaped (RFC 3986 §6.2.2.2).
    static func isUnambiguous(_ authority: Span<UInt8>?) -> Bool {
        authority?.firstIndex(of: UInt8(ascii: "%")) == nil
    }

    /// The host within the value of `Host`: without the port, and without the dot that ends a full name.
    @_lifetime(copy authority)
    static func host(of authority: Span<UInt8>) -> Span<UInt8> {
        var end = authority.count
        if !authority.isEmpty, authority[0] == UInt8(ascii: "[") {
            end = (authority.firstIndex(of: UInt8(ascii: "]")) ?? end - 1) + 1
        } else if let colon = authority.firstIndex(of: UInt8(ascii: ":")) {
            end = colon
        }
        if end > 1, authority[end - 1] == UInt8(ascii: ".") { end -= 1 }
        return authority.extracting(0..<end)
    }
}
