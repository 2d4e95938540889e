// SPDX-License-Identifier: Apache-2.0
import Testing

/// A proxy-server as an intermediary, and as a client of origins.
@Suite(.serialized, .stage(.proxy)) struct ProxyConformanceTests {
    @Test(arguments: Case.startLine) func `the start line`(_ it: Case) throws { try it.play() }
    @Test(arguments: Case.target) func `the target`(_ it: Case) throws { try it.play() }
    @Test(arguments: Case.host) func `the host`(_ it: Case) throws { try it.play() }
    @Test(arguments: Case.field) func `fields`(_ it: Case) throws { try it.play() }
    @Test(arguments: Case.length) func `lengths`(_ it: Case) throws { try it.play() }
    @Test(arguments: Case.transferCoding) func `transfer codings`(_ it: Case) throws { try it.play() }
    @Test(arguments: Case.chunked) func `chunks`(_ it: Case) throws { try it.play() }
    @Test(arguments: Case.connection) func `connections`(_ it: Case) throws { try it.play() }
    @Test(arguments: Case.expect) func `expectations`(_ it: Case) throws { try it.play() }

    @Test(arguments: Case.forwarding) func `what goes on`(_ it: Case) throws { try it.play() }
    @Test(arguments: Case.response) func `what comes back`(_ it: Case) throws { try it.play() }
    @Test(arguments: Case.responseFault) func `responses that are wrong`(_ it: Case) throws { try it.play() }
    @Test(arguments: Case.origin) func `origins and tunnels`(_ it: Case) throws { try it.play() }
}
