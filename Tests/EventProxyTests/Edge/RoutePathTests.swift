// SPDX-License-Identifier: Apache-2.0
import Testing

@testable import EventProxy

/// S-26: the one view of a path.
struct RoutePathTests {
    @Test(arguments: [
        "/", "/a", "/a/", "/a/b.c", "/a.b/..c", "/...", "/a/.b/c..", "/%61dmin", "/a%20b", "/%c3%a4", "/%e4",
        "/a;x=1/b",
        "/a;../b", "/a%3bx", "/%3f%23", "/100%25", "/%e0%a0%80", "/%f0%90%80%80", "/%E0", "/~a-b_c/(d)", "*", "/a:b@c",
    ])
    func `what every reader reads alike goes on`(path: String) {
        expect(RoutePath.isUnambiguous(Array(path.utf8).span))
    }

    @Test(arguments: [
        "", "a", "a/b", "//", "//a", "/a//b", "/a//", "/.", "/..", "/./a", "/../a", "/a/.", "/a/..", "/a/./b",
        "/a/../b",
        "/a/..;/b", "/a/.;x=1/b", "/..;x", "/..%3b/a", "/a\\b", "/\\", "/a%2fb", "/a%2Fb", "/%2e%2e/a", "/a/%2E",
        "/a/.%2e/b",
        "/file%2etxt", "/a%5cb", "/a%5Cb", "/a%00", "/%", "/%4", "/%4g", "/%g4", "/a%", "/a%2", "/%c0%af", "/%C1%9c",
        "/%c0%ae",
        "/%e0%80%af", "/%e0%9f%bf", "/%f0%80%80%af", "/%f0%8f%bf%bf", "/a/%2f", "/%%32%66",
    ])
    func `what could be read in two ways is refused`(path: String) {
        expect(!RoutePath.isUnambiguous(Array(path.utf8).span))
    }

    @Test(
        arguments: [
            (
                "/api",
                [
                    "/api", "/api/", "/api/x", "/api;v=1", "/api;v=1/x", "/%61pi", "/a%70%69/x", "/api%3bx", "/api%3f",
                    "/api%23x",
                ],
                ["/", "/ap", "/apix", "/API", "/x/api", "/api.", "/api%20", "/api-x"]
            ),
            ("/api/", ["/api", "/api/x"], ["/apix"]),
            ("/", ["/", "/a", "*"], []),
            ("/a/b", ["/a/b", "/a/b/c"], ["/a", "/a/", "/a/bc", "/a/c"]),
            ("/%C3%A4", ["/%c3%a4", "/%C3%A4/x"], ["/%c3", "/a"]),
            ("/a%20b", ["/a%20b"], ["/a"]),
        ] as [(String, [String], [String])])
    func `a prefix ends at the end of a segment`(prefix: String, begun: [String], others: [String]) {
        let canonical = RoutePath.canonical(prefix)
        for path in begun { expect(RoutePath.begins(Array(path.utf8).span, with: canonical.span), "\(path)") }
        for path in others { expect(!RoutePath.begins(Array(path.utf8).span, with: canonical.span), "\(path)") }
    }
}
