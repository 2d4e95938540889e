// SPDX-License-Identifier: Apache-2.0

extension Requirement {
    /// Ways to have two programs disagree about where a message ends, or what it says.
    static let attacks: [Requirement] = [
        Requirement("S1", "Content-Length with Transfer-Encoding."),
        Requirement("S2", "Different lengths, in two lines or in a list."),
        Requirement("S3", "The same length twice."),
        Requirement("S4", "Lengths that are no plain decimal number."),
        Requirement("S5", "Transfer-Encoding that does not end in chunked."),
        Requirement("S6", "Transfer codings that nobody knows."),
        Requirement("S7", "Almost chunked: twice, with a comma, a parameter, a control, an octet beyond ASCII."),
        Requirement("S8", "Transfer-Encoding in HTTP/1.0."),
        Requirement("S9", "Aliases of framing fields, with _ or a dot."),
        Requirement("S10", "Chunk sizes that are no plain hexadecimal number, or overflow."),
        Requirement("S11", "Bare LF or CR ending a line of the chunked coding."),
        Requirement("S12", "Chunk data that is not followed by CRLF."),
        Requirement("S13", "Chunk extensions that are malformed, or too many."),
        Requirement("S14", "Bare CR or NUL in a head."),
        Requirement("S15", "Bare LF in a head."),
        Requirement("S16", "Folded lines."),
        Requirement("S17", "White space before a colon, or before the first field."),
        Requirement("S18", "Field lines without a colon or a name, or whose name is no token."),
        Requirement("S19", "Host missing, twice, a list, with user information, a path or a bad port."),
        Requirement("S20", "An absolute form that differs from Host."),
        Requirement("S21", "Request lines with more or other spaces, fragments, controls, odd versions, no target."),
        Requirement("S22", "Content where none is expected."),
        Requirement("S23", "Answers that come before the content."),
        Requirement("S24", "Trailers that frame, route or authenticate."),
        Requirement("S25", "Odd expectations."),
        Requirement("S26", "Odd paths go on octet for octet, or are refused."),
        Requirement("S27", "Forwarding fields that a client made up, and their aliases."),
        Requirement("S28", "Fields of one hop, and Connection that names what must stay."),
        Requirement("S29", "Tunnels that nobody agreed to."),
        Requirement("S30", "Octets beyond a response, responses that nobody asked for, floods of interim ones."),
        Requirement("S31", "Responses that are cut."),
        Requirement("S32", "An invalid request behind a valid one."),
        Requirement("S33", "Empty lines before a request."),
        Requirement("S34", "The preface of HTTP/2."),
        Requirement(
            "S35", "Line ends in what we write.", .elsewhere("Tests/EventHTTPTests/Writer/WriterTests.swift")),
    ]

    /// Defects of other servers, each of which must not be ours.
    static let vulnerabilities: [Requirement] = [
        Requirement("CVE-2019-18277", "HAProxy: a vertical tab before chunked."),
        Requirement(
            "CVE-2019-20372", "nginx: smuggling through error pages.", .none("error pages do not redirect inside")),
        Requirement("CVE-2021-40346", "HAProxy: a name's length overflows."),
        Requirement("CVE-2023-25725", "HAProxy: an empty name ends the list of fields."),
        Requirement("CVE-2023-27491", "Envoy: invalid names go on."),
        Requirement("CVE-2023-39326", "Go: chunk extensions without bound."),
        Requirement("CVE-2023-40225", "HAProxy: an empty length beside another."),
        Requirement("CVE-2024-23326", "Envoy: 200 taken for 101."),
        Requirement("CVE-2025-4366", "Pingora: content that was not read whole before a connection was used again."),
        Requirement("CVE-2025-22871", "Go: bare LF after a chunk size."),
        Requirement("CVE-2025-55315", "Kestrel: line ends in chunk extensions."),
        Requirement("CVE-2026-2833", "Pingora: a tunnel before its 101."),
        Requirement("CVE-2026-2835", "Pingora: HTTP/1.0 with Transfer-Encoding."),
        Requirement("CVE-2026-2836", "Pingora: the key of a cache.", .none("nothing is cached")),
        Requirement(
            "CVE-2026-26311", "Envoy: data after a reset.", .elsewhere("Tests/SimulationTests: resets at any moment")),
        Requirement(
            "CVE-2026-47692", "Envoy: a PROXY header that spills.",
            .elsewhere("Tests/EventHTTPTests/Parser/ProxyHeaderParserTests.swift")),
        Requirement("CVE-2026-1642", "nginx: plain text into an origin's TLS.", .none("no TLS to origins")),
        Requirement(
            "CVE-2026-55203", "HAProxy: lengths of FastCGI overflow.", .none("no FastCGI")),
        Requirement(
            "CVE-2025-66490", "Traefik: encoded paths past the rules of routes.",
            .elsewhere("Tests/EventProxyTests/Edge/RoutePathTests.swift")),
    ]
}
