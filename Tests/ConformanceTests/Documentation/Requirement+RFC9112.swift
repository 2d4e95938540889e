// SPDX-License-Identifier: Apache-2.0

extension Requirement {
    static let rfc9112: [Requirement] = [
        Requirement("9112 §2.2", "A message is read as octets, wherever it was split."),
        Requirement("9112 §2.2 empty line", "A server ignores at least one empty line before a request line."),
        Requirement("9112 §2.2 CR", "A bare CR makes the element invalid (or is replaced by SP; here: refused)."),
        Requirement("9112 §2.2 LF", "A bare LF may end a line; here it does not, and never goes on."),
        Requirement("9112 §2.2 white space", "White space between the start line and the first field is refused."),
        Requirement("9112 §2.2 garbage", "What is not HTTP is answered 400, and the connection is closed."),
        Requirement("9112 §2.3", "The version is HTTP/DIGIT.DIGIT, case-sensitive; an unknown major version is 505."),
        Requirement("9112 §3", "A request line is method SP target SP version; an invalid one is not repaired."),
        Requirement(
            "9112 §3 length", "Lines of 8,000 octets are understood; a method that is too long is 501, a target 414."),
        Requirement("9112 §3.1", "A method is a token."),
        Requirement(
            "9112 §3.2",
            "A target has no white space and no fragment; HTTP/1.1 without exactly one valid Host is answered 400."),
        Requirement("9112 §3.2.1", "The origin form begins with a slash; an empty path goes on as a slash."),
        Requirement("9112 §3.2.2", "The absolute form is understood, and its authority replaces Host."),
        Requirement("9112 §3.2.3", "The authority form, a host and a port, is for CONNECT alone."),
        Requirement(
            "9112 §3.2.4", "The asterisk form is for OPTIONS alone; an absolute form without a path goes on as it."),
        Requirement(
            "9112 §3.3", "The target URI is worked out of target and Host.",
            .none("nothing here needs the URI beyond authority and path, whose rules are above")),
        Requirement("9112 §4", "A status line has a version, three digits and a reason, which may be empty."),
        Requirement("9112 §5", "A field line is a token, a colon, and a value without the white space around it."),
        Requirement(
            "9112 §5.1", "White space before the colon: a request is answered 400, of a response it is removed."),
        Requirement("9112 §5.2", "A folded line: a request is answered 400, a response is replaced by 502."),
        Requirement("9112 §6", "Content is octets, and goes on as it came."),
        Requirement(
            "9112 §6.1", "Chunked, the one coding here, is understood in any letter case, and applied only to HTTP/1.1."
        ),
        Requirement("9112 §6.1 unknown", "A coding that is not understood is answered 501."),
        Requirement("9112 §6.1 both", "Transfer-Encoding with Content-Length is refused, and the connection closed."),
        Requirement("9112 §6.1 HTTP/1.0", "Transfer-Encoding in HTTP/1.0 is faulty framing."),
        Requirement(
            "9112 §6.1 known version", "Chunks are sent only to servers that are known to speak HTTP/1.1.",
            .none("origins are taken to speak it, as they are configured by whoever runs them")),
        Requirement("9112 §6.1 bodiless", "1xx and 204 have no Transfer-Encoding."),
        Requirement("9112 §6.2", "Content-Length says how many octets of content there are."),
        Requirement("9112 §6.3", "What is content is no message, and the other way round."),
        Requirement("9112 §6.3 bodiless", "Responses to HEAD, 1xx, 204 and 304 end with their head."),
        Requirement("9112 §6.3 both", "Transfer-Encoding overrides Content-Length, or is an error; here: an error."),
        Requirement(
            "9112 §6.3 Transfer-Encoding", "If chunked is not the last coding of a request, it is answered 400."),
        Requirement(
            "9112 §6.3 Content-Length",
            "An invalid Content-Length: a request is answered 400, a response replaced by 502, the connection closed."),
        Requirement("9112 §6.3 neither", "A request without framing has no content."),
        Requirement("9112 §6.3 close", "A response without framing ends with its connection."),
        Requirement("9112 §7", "Names of codings are case-insensitive."),
        Requirement("9112 §7.1", "Chunked content is decoded exactly; large sizes do not overflow."),
        Requirement("9112 §7.1.1", "Unknown extensions are ignored, and limited; they do not go on."),
        Requirement("9112 §7.1.2", "A trailer section ends with an empty line, and is not merged into the head."),
        Requirement("9112 §7.2", "Codings for compression.", .none("not understood here: answered 501")),
        Requirement("9112 §7.4", "TE is for one hop."),
        Requirement("9112 §8", "A message that is cut is not complete: refused, or passed on so that it can be seen."),
        Requirement("9112 §9.2", "Responses belong to requests in order; what comes unasked is given to nobody."),
        Requirement("9112 §9.3", "HTTP/1.1 persists unless told otherwise, HTTP/1.0 if asked; all content is read."),
        Requirement("9112 §9.3.1", "Only idempotent requests are sent again when a connection ends."),
        Requirement("9112 §9.3.2", "Pipelined requests are answered in order."),
        Requirement(
            "9112 §9.4", "The number of connections is limited.",
            .elsewhere("Tests/EventProxyTests/Health/HostLimitTests.swift")),
        Requirement(
            "9112 §9.5", "Failures and time-outs end a connection in order.",
            .elsewhere("Tests/EventHTTPTests/Connection")),
        Requirement("9112 §9.6", "Close is obeyed and announced; what comes after it is not served."),
        Requirement("9112 §9.7", "TLS.", .none("whatever is in front of the proxy ends TLS")),
        Requirement(
            "9112 §9.8", "Closing TLS.", .none("whatever is in front of the proxy ends TLS")),
        Requirement("9112 §10", "message/http and application/http.", .none("neither is produced or parsed")),
        Requirement("9112 §11.1", "A response cannot be split in two."),
        Requirement("9112 §11.2", "A request cannot be smuggled within another."),
    ]
}
