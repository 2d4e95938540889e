// SPDX-License-Identifier: Apache-2.0
import Testing

@testable import EventHTTP
@testable import EventProxy

struct AdminTokenTests {
    private static let token = "0123456789abcdef"

    @Test(arguments: [
        ("Bearer 0123456789abcdef", true), ("bearer   0123456789abcdef", true),
        ("Bearer 0123456789abcdeF", false), ("Bearer 0123456789abcde", false), ("Bearer 0123456789abcdef0", false),
        ("Bearer", false), ("Bearer ", false), ("0123456789abcdef", false), ("Digest 0123456789abcdef", false),
        // "operator:" and ":" before the token, the token alone, and what is no base64.
        ("Basic b3BlcmF0b3I6MDEyMzQ1Njc4OWFiY2RlZg==", true), ("Basic OjAxMjM0NTY3ODlhYmNkZWY=", true),
        ("Basic MDEyMzQ1Njc4OWFiY2RlZg==", false), ("Basic b3BlcmF0b3I6MDEyMzQ1Njc4OWFiY2RlZg=", false),
        ("Basic ====", false), ("Basic", false), ("Basic b3BlcmF0b3I6d3Jvbmc=", false),
    ])
    func `is said as a bearer token or as a password`(value: String, isSaid: Bool) throws {
        let token = try AdminToken(Array((Self.token + "\n").utf8))
        let said = try withRequest("GET / HTTP/1.1", host: "h", ["Authorization: \(value)"]) { head in
            token.isSaid(by: head.fields)
        }
        #expect(said == isSaid)
    }

    @Test(arguments: [[], ["Authorization: Bearer 0123456789abcdef", "Authorization: Bearer 0123456789abcdef"]])
    func `a request that says none or two is not believed`(lines: [String]) throws {
        let token = try AdminToken(Array(Self.token.utf8))
        #expect(try withRequest("GET / HTTP/1.1", host: "h", lines) { head in !token.isSaid(by: head.fields) })
    }

    @Test(arguments: [
        "", "\n", "0123456789abcde", "0123456789 abcdef", "0123456789abcdef\nmore of it", "0123456789abcdef\u{e9}",
        String(repeating: "x", count: 1_025),
    ])
    func `what is too short, too long or not of one line is no token`(content: String) {
        #expect(throws: AdminToken.Failure.self) { try AdminToken(Array(content.utf8)) }
    }

    @Test(arguments: [("", ""), ("Zg==", "f"), ("Zm8=", "fo"), ("Zm9v", "foo"), ("Zm9vYmFy", "foobar")])
    func `RFC 4648 §10: test vectors of base64`(text: String, bytes: String) {
        #expect(Base64.decode(Array(text.utf8).span, bytesMax: 3_072) == Array(bytes.utf8))
    }

    @Test(arguments: ["Z", "Zg=", "Z===", "Zg=a", "Zm9v!Zm9", "=Zg=", "Zm 8"])
    func `what is no base64 is refused`(text: String) {
        #expect(Base64.decode(Array(text.utf8).span, bytesMax: 3_072) == nil)
    }
}
