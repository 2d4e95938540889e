// SPDX-License-Identifier: Apache-2.0
import TestSupport
import Testing

@testable import EventHTTP
@testable import EventProxy

struct ConfigurationWatcherTests {
    @Test func `a file is told of when its content is another one, and only then`() throws {
        let folder = TemporaryFolder()
        let path = folder.path("c.yaml")
        try Files.write("first", to: path)
        var told: [String] = []
        let watcher = ConfigurationWatcher(path, content: Array("first".utf8), on: EventLoop()) {
            told.append(String(decoding: $0, as: UTF8.self))
        }
        for text in ["first", "second", "second", "first"] {
            try Files.write(text, to: path)
            watcher.deadlinePassed()
        }
        #expect(told == ["second", "first"])
    }
}
