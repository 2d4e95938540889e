// SPDX-License-Identifier: Apache-2.0
import Testing

/// An app-server as an origin server.
@Suite(.serialized, .stage(.server)) struct ServerConformanceTests {
    @Test(arguments: Case.startLine) func `the start line`(_ it: Case) throws { try it.play() }
    @Test(arguments: Case.target) func `the target`(_ it: Case) throws { try it.play() }
    @Test(arguments: Case.host) func `the host`(_ it: Case) throws { try it.play() }
    @Test(arguments: Case.field) func `fields`(_ it: Case) throws { try it.play() }
    @Test(arguments: Case.length) func `lengths`(_ it: Case) throws { try it.play() }
    @Test(arguments: Case.transferCoding) func `transfer codings`(_ it: Case) throws { try it.play() }
    @Test(arguments: Case.chunked) func `chunks`(_ it: Case) throws { try it.play() }
    @Test(arguments: Case.connection) func `connections`(_ it: Case) throws { try it.play() }
    @Test(arguments: Case.expect) func `expectations`(_ it: Case) throws { try it.play() }

    @Test(arguments: Case.application) func `the application`(_ it: Case) throws { try it.play() }
}
