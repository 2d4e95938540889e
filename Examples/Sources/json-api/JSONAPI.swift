// SPDX-License-Identifier: Apache-2.0
import EventHTTPAsync
import FoundationEssentials

/// Notes that can be listed, read, added and deleted:
///
///     curl -d '{"text": "buy milk"}' http://127.0.0.1:8000/notes
///     curl http://127.0.0.1:8000/notes/1
@main
struct JSONAPI: AsyncHandler {
    private let notes = Notes()

    static func main() throws {
        let port = CommandLine.arguments.dropFirst().first.flatMap { UInt16($0) } ?? 8000
        try AsyncServer.run(port: port, handler: JSONAPI())
    }

    func handle(_ request: HTTPRequest, _ exchange: AsyncExchange) async throws -> Response {
        let parts = (request.path ?? "").split(separator: "/")
        guard parts.first == "notes", parts.count <= 2 else { throw HTTPError(.notFound) }
        if parts.count == 1 {
            switch request.method {
            case .get: return try .json(await notes.all)
            case .post: return try .json(await notes.add(try await exchange.draft().text), status: .created)
            default: throw HTTPError(.methodNotAllowed, headerFields: [.allow: "GET, POST"])
            }
        }
        guard let id = Int(parts[1]), let note = await notes.find(id) else { throw HTTPError(.notFound) }
        switch request.method {
        case .get: return try .json(note)
        case .delete:
            await notes.remove(id)
            return Response(.noContent)
        default: throw HTTPError(.methodNotAllowed, headerFields: [.allow: "GET, DELETE"])
        }
    }
}

struct Note: Codable {
    let id: Int
    let text: String
}

/// What a client sends for a new note.
struct Draft: Codable {
    let text: String
}

/// All loops share it, so it is an actor.
actor Notes {
    private var notes: [Int: Note] = [:]
    private var lastID = 0

    var all: [Note] { notes.values.sorted { $0.id < $1.id } }

    func find(_ id: Int) -> Note? { notes[id] }

    func add(_ text: String) -> Note {
        lastID += 1
        notes[lastID] = Note(id: lastID, text: text)
        return Note(id: lastID, text: text)
    }

    func remove(_ id: Int) { notes[id] = nil }
}

extension AsyncExchange {
    func draft() async throws -> Draft {
        let content = try await body.collect(upTo: 64 << 10)
        do {
            return try JSONDecoder().decode(Draft.self, from: Data(content))
        } catch {
            throw HTTPError(.badRequest, "send {\"text\": \"…\"}")
        }
    }
}

extension Response {
    static func json(_ value: some Encodable, status: HTTPResponse.Status = .ok) throws -> Response {
        let bytes = try JSONEncoder().encode(value)
        return Response(status, headerFields: [.contentType: "application/json"], body: .bytes(Array(bytes)))
    }
}
