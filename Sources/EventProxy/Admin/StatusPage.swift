// SPDX-License-Identifier: Apache-2.0
internal import EventHTTP

/// `/`: the page for people, which draws itself from `/upstreams` each second.
///
/// It is the file status.html, which SwiftPM compiles in. Its script and its style are allowed by a number that is
/// drawn for each answer, and nothing else is: no other site's script, image or font, and no frame around it.
enum StatusPage {
    /// Where the file has the number.
    private static let mark = Array("@NONCE@".utf8)

    /// For every answer of the admin listener.
    static let fields = FieldLines([
        "Cache-Control": "no-store", "X-Content-Type-Options": "nosniff", "X-Frame-Options": "DENY",
        "Referrer-Policy": "no-referrer", "Cross-Origin-Resource-Policy": "same-origin",
    ])

    static func answer(_ exchange: consuming Exchange) {
        let nonce = String(UInt64.random(in: .min ... .max), radix: 36)
        let page = page(nonce: nonce)
        let policy = """
            default-src 'none'; script-src 'nonce-\(nonce)'; style-src 'nonce-\(nonce)'; connect-src 'self'; \
            img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'
            """
        let policyBytes = Array(policy.utf8)
        exchange.respond(.ok, page.span) { writer in
            writer.add("Content-Type", "text/html; charset=utf-8")
            writer.add("Content-Security-Policy", policyBytes.span)
            writer.add(fields)
        }
    }

    private static func page(nonce: String) -> [UInt8] {
        var page: [UInt8] = []
        page.reserveCapacity(file.count + 64)
        for (number, piece) in pieces.enumerated() {
            if number > 0 { page += nonce.utf8 }
            page += piece
        }
        return page
    }

    private static let file = PackageResources.status_html

    /// The file without the marks.
    private static let pieces: [ArraySlice<UInt8>] = {
        var pieces: [ArraySlice<UInt8>] = []
        var rest = file[...]
        while let start = rest.indices.first(where: { rest[$0...].starts(with: mark) }) {
            pieces.append(rest[..<start])
            rest = rest[(start + mark.count)...]
        }
        return pieces + [rest]
    }()
}
