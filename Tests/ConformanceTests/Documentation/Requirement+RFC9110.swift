// SPDX-License-Identifier: Apache-2.0

extension Requirement {
    static let rfc9110: [Requirement] = [
        Requirement("9110 §2.5", "A higher minor version is the highest known one; an intermediary sends its own."),
        Requirement("9110 §4.2.1", "A URI without a host is refused."),
        Requirement("9110 §4.2.3", "Scheme and host are case-insensitive; nothing else is normalised on the way."),
        Requirement("9110 §4.2.4", "User information in a target is an error."),
        Requirement("9110 §5.1", "Names are case-insensitive, and unknown fields go on."),
        Requirement("9110 §5.3", "The order of lines with one name is kept."),
        Requirement("9110 §5.4", "Fields that are larger than wanted are answered 4xx, and never cut."),
        Requirement("9110 §5.5", "CR, LF, NUL and other controls in a value are refused."),
        Requirement("9110 §5.6.2", "A token has no other characters."),
        Requirement(
            "9110 §5.6.7", "All three forms of dates are understood, one is sent.",
            .elsewhere("Tests/EventHTTPTests/Parser/HTTPDateTests.swift, Writer/DateCacheTests.swift")),
        Requirement("9110 §6.5.1", "Trailers that frame, route or authenticate are dropped, others go where wanted."),
        Requirement("9110 §6.6.1", "A response has a Date; an intermediary adds a missing one and keeps what came."),
        Requirement("9110 §7.2", "Host is a host and perhaps a port, and goes on as it came."),
        Requirement("9110 §7.4", "A request that is for somebody else is refused."),
        Requirement("9110 §7.6.1", "Connection and what it names end here, in both directions; framing does not."),
        Requirement("9110 §7.6.2", "Max-Forwards of OPTIONS and TRACE counts down, and ends at 0."),
        Requirement("9110 §7.6.3", "An intermediary adds itself to Via, and removes nobody."),
        Requirement(
            "9110 §7.6.3 loop", "A request that has been here before goes no further.",
            .elsewhere("Tests/EndToEndTests/Proxy/ProxyRelayTests.swift")),
        Requirement("9110 §7.7", "Path, query and content are not transformed."),
        Requirement("9110 §7.8", "Upgrade is for one hop; a tunnel begins with 101 to what was asked for, only then."),
        Requirement("9110 §8.6", "Content-Length is decimal digits, does not overflow, and is not in 1xx or 204."),
        Requirement("9110 §9.1", "Methods are case-sensitive; a server answers unknown ones 405 or 501."),
        Requirement("9110 §9.2.2", "A request that is not idempotent is not sent twice."),
        Requirement("9110 §9.3.1", "A GET may have content, which is framed like any."),
        Requirement("9110 §9.3.2", "HEAD is answered like GET, without the content."),
        Requirement("9110 §9.3.5", "A DELETE may have content, which is framed like any."),
        Requirement("9110 §9.3.6", "CONNECT needs a port; refused here, with the connection closed."),
        Requirement("9110 §9.3.7", "OPTIONS is about a resource, or a whole server."),
        Requirement("9110 §9.3.8", "TRACE goes on; a server need not answer it."),
        Requirement("9110 §10.1.1", "100-continue is answered or passed on; unknown expectations are 417."),
        Requirement("9110 §10.1.4", "Trailers come only to clients that say they take them."),
        Requirement("9110 §10.2.1", "405 tells what is allowed."),
        Requirement("9110 §11.6.2", "Credentials for the origin go on."),
        Requirement("9110 §11.7.1", "Credentials for this proxy, and its challenges, end here."),
        Requirement("9110 §12", "Content negotiation.", .none("the origin's affair: its fields go on as they are")),
        Requirement("9110 §13", "Conditional requests.", .none("the origin's affair; app-server has no validators")),
        Requirement("9110 §14", "Ranges.", .none("the origin's affair; app-server ignores Range, which it may")),
        Requirement("9110 §15", "An unknown status is like x00 of its class; one beyond 599 is an error."),
        Requirement(
            "9110 §15.2", "Interim responses go on before the final one, never to HTTP/1.0, and not without end."),
        Requirement("9110 §15.3.5", "204 has no content."),
        Requirement("9110 §15.3.6", "205 has no content."),
        Requirement("9110 §15.4", "Redirects are not followed by an intermediary."),
        Requirement("9110 §15.4.5", "304 has no content."),
        Requirement("9110 §15.5.9", "408 for a request that is not complete in time."),
        Requirement(
            "9110 §15.5.14", "413 for content that is too large.",
            .elsewhere("Tests/EndToEndTests/Proxy/ProxyEdgeTests.swift, AppServer/EchoTests.swift")),
        Requirement("9110 §15.5.15", "414 for a target that is too long."),
        Requirement("9110 §15.6", "An origin's error is its answer, if there is no other."),
        Requirement("9110 §15.6.3", "502 for an origin whose answer is none."),
        Requirement("9110 §15.6.5", "504 for an origin that is silent."),
    ]

    static let rfc6455: [Requirement] = [
        Requirement("6455 §4", "A WebSocket begins with a GET of HTTP/1.1 without content, and 101.")
    ]
}
