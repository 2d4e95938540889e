// SPDX-License-Identifier: Apache-2.0
import Testing

/// The rules of the house, over every file of the repository.
struct TidyTests {
    @Test(arguments: Rule.all) func `the repository keeps its rules`(rule: Rule) {
        for finding in rule.check(Repository.files) { Issue.record("\(finding)") }
    }

    @Test func `the rules see the repository`() {
        #expect(Repository.files.count > 300)
        #expect(Repository.files.contains { $0.path == "Makefile" && $0.isCode })
    }
}
