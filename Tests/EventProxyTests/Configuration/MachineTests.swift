// SPDX-License-Identifier: Apache-2.0
import EventProxy
import Testing

/// What a file asks of the machine.
struct MachineTests {
    private static func warnings(_ keys: String, openFiles: Int = 1_000, problem: String? = nil) throws -> [String] {
        try parse(file(keys)).warnings(workers: 2, openFiles: openFiles, logFileProblem: problem)
    }

    @Test func `numbers that follow from the limit of open files are none to warn of`() throws {
        #expect(try Self.warnings("").isEmpty)
        #expect(try Self.warnings("  limits: {connections: 234, host_requests: 936}").isEmpty)
    }

    @Test func `more clients or requests than files may be open are`() throws {
        let found = try Self.warnings("  limits: {connections: 235, host_requests: 937}")
        #expect(
            found == [
                "proxy.limits.connections: 235 clients of each of 2 worker(s) may need up to 1004 open files, and 1000 "
                    + "are allowed; raise the limit (ulimit -n) or lower the number",
                "proxy.limits.host_requests: 937 requests are as many open files, and 1000 are allowed; "
                    + "raise the limit (ulimit -n) or lower the number",
            ])
    }

    @Test func `a log file that cannot be opened is, if somebody asked for it`() throws {
        #expect(try Self.warnings("", problem: "Permission denied").isEmpty)
        #expect(
            try Self.warnings("  log: {file: /var/log/x}", problem: "Permission denied")
                == ["proxy.log.file '/var/log/x' cannot be opened: Permission denied; lines for it are lost"])
    }

    private static let same = "proxy.admin and proxy.listen have the same port"

    @Test(arguments: [
        BadFile(keys: "  admin: {port: 8888}", "2:17: \(same) 8888; give one of them another"),
        BadFile(keys: "  listen: {port: 9901}", "2:18: \(same) 9901; give one of them another"),
        BadFile(
            keys: "  listen: {address: '::1'}\n  admin: {address: '::1', port: 8888}",
            "3:33: \(same) 8888; give one of them another"),
    ])
    func `two listeners on one address are an error`(_ bad: BadFile) {
        #expect(errors(in: bad.text) == bad.errors)
    }

    @Test(arguments: [
        "  listen: {address: 127.0.0.1}\n  admin: {address: '::1', port: 8888}",
        "  admin: {enabled: false, port: 8888}",
    ])
    func `on two addresses, or one of them alone, they are none`(keys: String) {
        #expect(errors(in: file(keys)) == [])
    }
}
