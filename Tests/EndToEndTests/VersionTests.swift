// SPDX-License-Identifier: Apache-2.0
import EventHTTP
import TestSupport
import Testing

struct VersionTests {
    @Test(arguments: ["app-server", "proxy-server"]) func `a program knows its version`(name: String) throws {
        let result = try run(Executable.path(name), ["--version"])
        #expect(result.end == .exited(0) && result.output == BuildInfo.version + "\n")
    }
}
