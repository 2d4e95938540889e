// SPDX-License-Identifier: Apache-2.0
import EventHTTPAsync
import Glibc

/// The files of a folder, piece by piece: `static-files 8000 docs`
@main
struct StaticFiles: AsyncHandler {
    let root: String

    static func main() throws {
        let arguments = CommandLine.arguments.dropFirst()
        let port = arguments.first.flatMap { UInt16($0) } ?? 8000
        try AsyncServer.run(port: port, handler: StaticFiles(root: arguments.dropFirst().first ?? "."))
    }

    func handle(_ request: HTTPRequest, _ exchange: AsyncExchange) async throws -> Response {
        guard request.method == .get || request.method == .head else {
            throw HTTPError(.methodNotAllowed, headerFields: [.allow: "GET, HEAD"])
        }
        let path = try filePath(request.path ?? "/")
        guard let file = try await offLoop({ OpenFile(path) }) else { throw HTTPError(.notFound) }
        let tag = "\"\(file.modified)-\(file.size)\""
        let fields: HTTPFields = [.contentType: contentType(path), .eTag: tag]
        if request.headerFields[.ifNoneMatch] == tag { return Response(.notModified, headerFields: fields) }
        return Response(
            headerFields: fields,
            body: .stream(length: file.size) { writer in
                // Reading blocks, so it happens off the loop; the next piece is read when the client took this one.
                while case let piece = try await offLoop({ file.read() }), !piece.isEmpty {
                    try await writer.write(piece)
                }
            })
    }

    /// The file that a target names. Names that begin with a dot are nobody's business, and `..` is one of them.
    private func filePath(_ target: String) throws -> String {
        let path = target.prefix { $0 != "?" }
        let parts = path.split(separator: "/")
        if path.contains("%") || parts.contains(where: { $0.hasPrefix(".") }) { throw HTTPError(.notFound) }
        return ([root] + parts.map(String.init)).joined(separator: "/") + (path.hasSuffix("/") ? "/index.html" : "")
    }

    private func contentType(_ path: String) -> String {
        switch path.split(separator: ".").last {
        case "html": "text/html; charset=utf-8"
        case "css": "text/css; charset=utf-8"
        case "js": "text/javascript; charset=utf-8"
        case "json": "application/json"
        case "md", "txt", "swift": "text/plain; charset=utf-8"
        case "png": "image/png"
        case "svg": "image/svg+xml"
        default: "application/octet-stream"
        }
    }
}

/// A regular file that is being read. One thread after the other uses it.
final class OpenFile: @unchecked Sendable {
    let size: UInt64
    let modified: Int
    private let descriptor: Int32

    init?(_ path: String) {
        descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        var status = stat()
        guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
            size = 0
            modified = 0
            return nil
        }
        size = UInt64(status.st_size)
        modified = status.st_mtim.tv_sec
    }

    deinit { if descriptor >= 0 { close(descriptor) } }

    /// The next 64 KiB; nothing at the end.
    func read() -> [UInt8] {
        [UInt8](unsafeUninitializedCapacity: 64 << 10) { buffer, count in
            count = max(0, Glibc.read(descriptor, buffer.baseAddress, buffer.count))
        }
    }
}
