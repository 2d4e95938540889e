// SPDX-License-Identifier: Apache-2.0
import Glibc
import TestSupport
import Testing

@testable import EventHTTP

struct FolderWatcherTests {
    private static func write(_ path: String) { try? Files.write("x", to: path) }

    /// What may be done in a folder that holds a file `old` and a link `link`.
    static let deeds: [(String, @Sendable (String) -> Void)] = [
        ("a file is written", { write(($0 + "/" + "new")) }),
        ("a file is written anew", { write(($0 + "/" + "old")) }),
        ("a file is replaced by renaming", { rename(($0 + "/" + "old"), ($0 + "/" + "new")) }),
        ("a file is removed", { unlink(($0 + "/" + "old")) }),
        ("a link is made", { symlink("old", ($0 + "/" + "other")) }),
        ("a link is swapped", { rename(($0 + "/" + "link"), ($0 + "/" + "other")) }),
        ("the folder goes", { _ in }),
    ]

    @Test(arguments: deeds.map(\.0)) func `it is told when`(what: String) throws {
        let loop = EventLoop()
        var folder: TemporaryFolder? = TemporaryFolder()
        let path = folder?.path ?? ""
        Self.write(path + "/old")
        symlink("old", path + "/link")
        var told = 0
        let watcher = FolderWatcher(path, on: loop) { told += 1 }
        #expect(watcher.isWatching)
        Self.deeds.first { $0.0 == what }?.1(path)
        if what == "the folder goes" { folder = nil }
        _ = try eventually(10, "the watcher") {
            loop.runOnce()
            return told > 0 ? true : nil
        }
        if what == "the folder goes" {
            _ = try eventually(10, "its end") {
                loop.runOnce()
                return watcher.isWatching ? nil : true
            }
        } else {
            #expect(watcher.isWatching)
        }
        withExtendedLifetime(folder) {}
    }

    @Test func `a folder that is not there is not watched`() {
        #expect(!FolderWatcher("/nowhere/at/all", on: EventLoop()) {}.isWatching)
    }
}
