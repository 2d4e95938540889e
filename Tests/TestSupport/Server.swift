// SPDX-License-Identifier: Apache-2.0
import Glibc

/// One of our executables, serving on a free port of the loopback interface.
package final class Server {
    package let process: ChildProcess
    package let folder: TemporaryFolder
    package let port: UInt16

    /// Starts `name` and waits until it says where it listens.
    package convenience init(
        _ name: String, _ arguments: [String], folder: TemporaryFolder = TemporaryFolder()
    ) throws {
        let output = folder.path("\(name)-\(UInt32.random(in: 0 ... .max)).out")
        try self.init(ChildProcess(try Executable.path(name), arguments, outputPath: output), folder: folder)
    }

    /// Waits until a process that was started says where it listens.
    package init(_ process: ChildProcess, folder: TemporaryFolder) throws {
        self.folder = folder
        self.process = process
        port = try eventually(20, "a server to listen") {
            if let end = process.poll() { throw TestFailure("the server ended: \(end)\n\(process.output)") }
            return Self.port(in: process.output)
        }
    }

    /// What follows the last colon of `listens on ADDRESS:PORT`.
    private static func port(in output: String) -> UInt16? {
        for line in output.split(separator: "\n").dropLast(output.hasSuffix("\n") ? 0 : 1) {
            let words = line.split(whereSeparator: { $0 == " " || $0 == "," })
            guard let on = words.firstIndex(of: "on"), on > 0, words[on - 1] == "listens", on + 1 < words.count else {
                continue
            }
            return words[on + 1].split(separator: ":").last.flatMap { UInt16($0) }
        }
        return nil
    }

    /// An app-server without a log file, on a free port.
    package static func app(_ arguments: String..., workers: Int = 1) throws -> Server {
        let fixed = ["--address", "127.0.0.1", "--port", "0", "--workers", "\(workers)"]
        let file = arguments.contains("--log-file") ? [] : ["--log-file", ""]
        return try Server("app-server", fixed + file + arguments)
    }

    package var log: String { process.output }

    package func url(_ path: String) -> String { "http://127.0.0.1:\(port)\(path)" }

    package func connect(receiveBufferBytes: Int32? = nil) throws -> RawClient {
        try RawClient(port: port, receiveBufferBytes: receiveBufferBytes)
    }

    /// Sends one request on a connection of its own and reads the answer.
    package func ask(_ request: String, isHead: Bool = false) throws -> RawResponse {
        let client = try connect()
        try client.send(request)
        return try client.response(isHead: isHead)
    }

    package func get(_ path: String) throws -> RawResponse { try ask("GET \(path) HTTP/1.1\r\nHost: test\r\n\r\n") }

    /// Sends SIGTERM and waits for the end.
    package func stop() throws -> ProcessEnd {
        process.signal(SIGTERM)
        return try process.waitForEnd()
    }
}
