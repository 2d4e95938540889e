// SPDX-License-Identifier: Apache-2.0
import EventHTTPAsync
import Glibc

/// Streams what is sent to a file, however large it is, holding 64 KiB of it:
///
///     upload 8000 /tmp
///     curl -T large.iso http://127.0.0.1:8000/large.iso
@main
struct Upload: AsyncHandler {
    let folder: String

    static func main() throws {
        let arguments = CommandLine.arguments.dropFirst()
        let port = arguments.first.flatMap { UInt16($0) } ?? 8000
        try AsyncServer.run(port: port, handler: Upload(folder: arguments.dropFirst().first ?? "."))
    }

    func handle(_ request: HTTPRequest, _ exchange: AsyncExchange) async throws -> Response {
        guard request.method == .put else { throw HTTPError(.methodNotAllowed, headerFields: [.allow: "PUT"]) }
        let name = (request.path ?? "").dropFirst()
        guard !name.isEmpty, !name.hasPrefix("."),
            name.allSatisfy({ $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "." || $0 == "-") })
        else { throw HTTPError(.badRequest, "letters, digits, dots and hyphens make a name") }
        let path = "\(folder)/\(name)"
        // Files block, so they are written off the loop. The next piece is read when this one is written.
        let file = try await offLoop { try File(creating: path + ".part") }
        do {
            for try await piece in exchange.body { try await offLoop { try file.write(piece) } }
            try await offLoop { try file.rename(to: path) }
        } catch {
            // The client has left, or the disk is full.
            file.remove()
            throw error
        }
        return Response(.created, "\(file.count) bytes\n")
    }
}

/// A file that is being written. One thread after the other uses it.
final class File: @unchecked Sendable {
    private let path: String
    private let descriptor: Int32
    private(set) var count = 0

    struct Failure: Error {
        let what: String
        let number = errno
    }

    init(creating path: String) throws {
        self.path = path
        descriptor = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)
        if descriptor < 0 { throw Failure(what: "create \(path)") }
    }

    deinit { close(descriptor) }

    func write(_ bytes: [UInt8]) throws {
        var start = 0
        while start < bytes.count {
            let written = bytes[start...].withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
            if written < 0 { throw Failure(what: "write \(path)") }
            start += written
        }
        count += bytes.count
    }

    func rename(to name: String) throws {
        if Glibc.rename(path, name) != 0 { throw Failure(what: "rename \(path)") }
    }

    func remove() { unlink(path) }
}
