// SPDX-License-Identifier: Apache-2.0
import Testing

@testable import EventProxy

struct HealthCheckKeysTests {
    @Test func `what an answer must be is read, and written again`() throws {
        let configuration = try parse(
            file(
                """
                  health_check:
                    type: http
                    expect_status: [204, "200-299", 401-403]
                    expect_body: "is: well"
                    rise: 1
                    fall: 100
                """))
        let check = configuration.healthCheck
        #expect(check.expectStatus.map(\.codes) == [204...204, 200...299, 401...403])
        #expect(check.expectBody == "is: well" && check.rise == 1 && check.fall == 100)
        #expect(try parse(configuration.yaml) == configuration)
        #expect(try parse(file("  health_check: {expect_status: [200-399], expect_body: \"\"}")) == plain)
    }

    private static let status = "must be a status from 200 to 599 or a range of them such as 200-299"

    @Test(arguments: ["ready", "'/a b'", "'/a#b'", "\"/a\\u0001\""])
    func `a path that cannot be asked for is none`(_ path: String) {
        let found = errors(in: file("  health_check: {type: http, path: \(path)}"))
        #expect(found.count == 1 && found[0].hasPrefix("2:36: proxy.health_check.path must be a path"), "\(found)")
    }

    @Test(arguments: [
        BadFile(
            keys: "  health_check: {type: http, expect_status: [2xx, 99, 299-200, 200-, 200-600, 0200, ok]}",
            "2:46: proxy.health_check.expect_status[0] \(status), found '2xx'; write 2xx as 200-299",
            "2:51: proxy.health_check.expect_status[1] \(status), found the number 99",
            "2:55: proxy.health_check.expect_status[2] \(status), found '299-200'",
            "2:64: proxy.health_check.expect_status[3] \(status), found '200-'",
            "2:70: proxy.health_check.expect_status[4] \(status), found '200-600'",
            "2:79: proxy.health_check.expect_status[5] \(status), found the number 0200",
            "2:85: proxy.health_check.expect_status[6] \(status), found 'ok'"),
        BadFile(
            keys: "  health_check: {type: http, expect_status: [], rise: 0, fall: 101}",
            "2:45: proxy.health_check.expect_status must be a list of at least one item, found none",
            "2:55: proxy.health_check.rise must be a whole number from 1 to 100, found the number 0",
            "2:64: proxy.health_check.fall must be a whole number from 1 to 100, found the number 101"),
        BadFile(
            keys: "  health_check: {type: http, expect_status: [200, '200'], expect_body: 1}",
            "2:51: the status 200 is already on line 2",
            "2:72: proxy.health_check.expect_body must be a text of at most 1024 bytes (\"\" for none), "
                + "found the number 1; put it in quotes"),
        BadFile(
            keys: "  health_check: {expect_status: [200], expect_body: well}",
            "2:33: proxy.health_check.expect_status needs type: http; a check of type tcp gets no answer",
            "2:53: proxy.health_check.expect_body needs type: http; a check of type tcp gets no answer"),
    ])
    func `what is none is said with its place`(_ bad: BadFile) {
        #expect(errors(in: bad.text) == bad.errors)
    }
}
