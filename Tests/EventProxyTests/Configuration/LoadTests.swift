// SPDX-License-Identifier: Apache-2.0
import Glibc
import Testing

@testable import EventProxy

@Suite struct LoadTests {
    /// A file that exists while `body` runs.
    private func withFile(_ text: String, _ body: (String) throws -> Void) throws {
        var template = Array("/tmp/eventproxy-config-XXXXXX".utf8CString)
        let descriptor = mkstemp(&template)
        try #require(descriptor >= 0)
        let path = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
        defer { unlink(path) }
        let bytes = Array(text.utf8)
        var written = 0
        while written < bytes.count {
            let count = bytes[written...].withUnsafeBytes { write(descriptor, $0.baseAddress, $0.count) }
            try #require(count > 0)
            written += count
        }
        close(descriptor)
        try body(path)
    }

    private func message(_ path: String) -> String {
        do throws(ConfigurationErrors) {
            _ = try ProxyConfiguration.load(path: path)
            return "no error"
        } catch {
            return error.description
        }
    }

    @Test func `a file is read from its path`() throws {
        try withFile(referenceFile) { path in
            let loaded = try ProxyConfiguration.load(path: path)
            #expect(try loaded == parse(referenceFile))
        }
    }

    @Test func `findings name the path as it was given`() throws {
        try withFile("proxy: 1\n") { path in
            #expect(message(path).hasPrefix("\(path):1:8: error: proxy must be a mapping (keys: listen, "))
        }
    }

    @Test func `a file that is not there is named with the remedy`() {
        #expect(
            message("/nowhere/config.yaml")
                == "/nowhere/config.yaml: error: cannot open: No such file or directory; "
                + "name a file with --config PATH")
    }

    @Test func `a directory is not a file`() {
        #expect(message("/tmp") == "/tmp: error: cannot read: Is a directory; name a file with --config PATH")
    }

    @Test func `a path with a NUL does not open another file`() throws {
        try withFile(referenceFile) { path in
            #expect(message(path + "\0.yaml").contains("cannot open: No such file or directory"))
        }
    }

    @Test(.enabled(if: geteuid() != 0, "root reads everything"))
    func `a file that may not be read says for whom to make it readable`() throws {
        try withFile(referenceFile) { path in
            chmod(path, 0)
            let remedy = "make it readable by the user that runs \(Proxy.programName)"
            #expect(message(path) == "\(path): error: cannot open: Permission denied; \(remedy)")
        }
    }

    @Test func `a file without an end is not read to it`() throws {
        #expect(try ProxyConfiguration.read(path: "/dev/zero").count == 1 << 20 + 1)
    }

    @Test func `a file of a megabyte is read and one more byte is refused`() throws {
        let mebibyte = 1024 * 1024
        let padding = "# " + String(repeating: "x", count: mebibyte - referenceFile.utf8.count - 2)
        try withFile(referenceFile + padding) { path in
            let loaded = try ProxyConfiguration.load(path: path)
            #expect(try loaded == parse(referenceFile))
        }
        try withFile(referenceFile + padding + "x") { path in
            #expect(
                message(path)
                    == "\(path):1:1: error: the file is larger than 1048576 bytes; is it the right one?")
        }
    }
}
