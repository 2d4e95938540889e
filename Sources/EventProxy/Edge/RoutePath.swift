// SPDX-License-Identifier: Apache-2.0
internal import EventHTTP

/// The one view of a path that routes are chosen by.
///
/// The bytes that came are the bytes that go on, so origin and proxy must not be able to read them differently: or a
/// client asks for `/public/..%2fadmin`, is judged by the route of `/public` and answered by that of `/admin` (Caddy's
/// CVE-2026-27587, Traefik's CVE-2025-66490, Envoy's CVE-2019-9901). What could be read in two ways is therefore
/// refused; what is left differs in escapes that every reader undoes alike (RFC 3986 §6.2.2.2), and those are undone to
/// compare.
enum RoutePath {
    /// Whether every reader sees the same segments in the path: no dot segments, empty segments or backslashes; no
    /// slash, dot, backslash or NUL behind an escape, not even as an overlong UTF-8 sequence (RFC 3629 §10); and no
    /// escape that is none.
    static func isUnambiguous(_ path: Span<UInt8>) -> Bool {
        // The target of `OPTIONS *` (RFC 9110 §7.1) is no path.
        if path.equals("*") { return true }
        guard !path.isEmpty, path[0] == UInt8(ascii: "/") else { return false }
        var segment = SegmentState()
        var position = 1
        while position < path.count {
            switch path[position] {
            case UInt8(ascii: "\\"): return false
            case UInt8(ascii: "/"):
                // Empty segments, too: some readers join the slashes.
                if segment.isEmpty || segment.isDots { return false }
                segment = SegmentState()
            case UInt8(ascii: "%"):
                guard let byte = escaped(path, at: position), mayBeEscaped(byte, path, at: position) else {
                    return false
                }
                segment.take(byte)
                position += 2
            case let byte: segment.take(byte)
            }
            position += 1
        }
        return !segment.isDots
    }

    /// What has been seen of a segment. Its parameters, from a semicolon on, do not make `..` another (Tomcat).
    private struct SegmentState {
        private var count = 0
        private var dots = 0
        private var hasParameters = false

        var isEmpty: Bool { count == 0 && !hasParameters }
        var isDots: Bool { count == dots && (1...2).contains(dots) }

        mutating func take(_ byte: UInt8) {
            if byte == UInt8(ascii: ";") { hasParameters = true }
            if hasParameters { return }
            count += 1
            if byte == UInt8(ascii: ".") { dots += 1 }
        }
    }

    private static func mayBeEscaped(_ byte: UInt8, _ path: Span<UInt8>, at position: Int) -> Bool {
        switch byte {
        case 0, UInt8(ascii: "/"), UInt8(ascii: "\\"), UInt8(ascii: "."): return false
        // They begin what UTF-8 never writes so long: two, three or four bytes for what fits in fewer.
        case 0xc0, 0xc1: return false
        case 0xe0, 0xf0:
            guard position + 3 < path.count, path[position + 3] == UInt8(ascii: "%"),
                let next = escaped(path, at: position + 3)
            else { return true }
            return !(0x80..<(byte == 0xe0 ? 0xa0 : 0x90)).contains(next)
        default: return true
        }
    }

    /// The byte that the escape at a percent sign stands for; nil if it is no escape.
    private static func escaped(_ path: Span<UInt8>, at position: Int) -> UInt8? {
        guard position + 2 < path.count, let high = digit(path[position + 1]), let low = digit(path[position + 2])
        else {
            return nil
        }
        return high << 4 | low
    }

    private static func digit(_ byte: UInt8) -> UInt8? {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): byte - UInt8(ascii: "0")
        case UInt8(ascii: "a")...UInt8(ascii: "f"): byte - UInt8(ascii: "a") + 10
        case UInt8(ascii: "A")...UInt8(ascii: "F"): byte - UInt8(ascii: "A") + 10
        default: nil
        }
    }

    /// Whether an unambiguous path begins with the segments of `prefix`: `/api` begins `/api` and `/api/x`, not
    /// `/apix`. `prefix` has no escapes and no slash at its end.
    ///
    /// A segment ends before its parameters, and before `?` and `#` behind an escape: a reader that ends it there sees
    /// what the route is about.
    static func begins(_ path: Span<UInt8>, with prefix: Span<UInt8>) -> Bool {
        var position = 0
        for index in prefix.indices {
            guard position < path.count else { return false }
            let (byte, count) = character(path, at: position)
            guard byte == prefix[index] else { return false }
            position += count
        }
        if prefix.isEmpty || position == path.count { return true }
        switch character(path, at: position).byte {
        case UInt8(ascii: "/"), UInt8(ascii: ";"), UInt8(ascii: "?"), UInt8(ascii: "#"): return true
        default: return false
        }
    }

    private static func character(_ path: Span<UInt8>, at position: Int) -> (byte: UInt8, count: Int) {
        let byte = path[position]
        if byte == UInt8(ascii: "%"), let meant = escaped(path, at: position) { return (meant, 3) }
        return (byte, 1)
    }

    /// The prefix as it is compared: without escapes, and without a slash at its end.
    static func canonical(_ prefix: String) -> [UInt8] {
        let bytes = Array(prefix.utf8)
        var result: [UInt8] = []
        var position = 0
        while position < bytes.count {
            let (byte, count) = character(bytes.span, at: position)
            result.append(byte)
            position += count
        }
        if result.last == UInt8(ascii: "/") { result.removeLast() }
        return result
    }
}
