// SPDX-License-Identifier: Apache-2.0
public import HTTPTypes

/// What a handler answers.
public struct Response {
    /// 200 to 599.
    public var status: HTTPResponse.Status
    /// Fields that frame the message or manage the connection are the engine's, and are left out.
    public var headerFields: HTTPFields
    /// The content.
    public var body: ResponseBody

    /// A response with any content, or none.
    public init(
        _ status: HTTPResponse.Status = .ok, headerFields: HTTPFields = [:], body: ResponseBody = .none
    ) {
        self.status = status
        self.headerFields = headerFields
        self.body = body
    }

    /// Plain text.
    public init(_ status: HTTPResponse.Status, _ text: String, headerFields: HTTPFields = [:]) {
        self.init(status, headerFields: headerFields, body: .text(text))
        if !headerFields.contains(.contentType) {
            self.headerFields.append(HTTPField(name: .contentType, value: "text/plain; charset=utf-8"))
        }
    }

    /// Plain text, with status 200.
    public init(_ text: String, headerFields: HTTPFields = [:]) {
        self.init(.ok, text, headerFields: headerFields)
    }

    /// Switches the connection to `protocol`, a name such as `websocket`, as the client asked: a tunnel (RFC 9110
    /// §7.8). `talk` has it until it returns; then our side is ended. When the server stops, the tunnel's body ends, so
    /// that `talk` can say goodbye. A request that did not ask to switch is answered 426.
    public static func upgrade(
        to protocol: String, headerFields: HTTPFields = [:], _ talk: @escaping ResponseBody.Tunnel
    ) -> Response {
        Response(.switchingProtocols, headerFields: headerFields, body: ResponseBody(.tunnel(`protocol`, talk)))
    }
}

/// The content of a response.
public struct ResponseBody {
    /// Writes content, and returns when all of it is written. What it throws breaks the connection, so that the client
    /// sees that something is missing.
    public typealias Producer = (_ writer: ResponseWriter) async throws -> Void
    /// Talks with a client that has switched protocols.
    public typealias Tunnel = (_ body: RequestBody, _ writer: ResponseWriter) async throws -> Void

    enum Content {
        case text(String)
        case bytes([UInt8])
        case stream(length: UInt64?, Producer)
        case tunnel(String, Tunnel)
    }

    let content: Content

    init(_ content: Content) {
        self.content = content
    }

    /// No content.
    public static var none: ResponseBody { ResponseBody(.text("")) }

    /// Text, sent as UTF-8.
    public static func text(_ text: String) -> ResponseBody { ResponseBody(.text(text)) }

    /// Bytes.
    public static func bytes(_ bytes: [UInt8]) -> ResponseBody { ResponseBody(.bytes(bytes)) }

    /// Content that `produce` writes piece by piece, as fast as the client takes it: `length` bytes, or as many as it
    /// likes. It is not called where there is no content to send, as for HEAD.
    public static func stream(length: UInt64? = nil, _ produce: @escaping Producer) -> ResponseBody {
        ResponseBody(.stream(length: length, produce))
    }

    /// The elements of a sequence, each asked for when the client has taken those before.
    public static func sequence<Pieces: AsyncSequence>(
        _ pieces: Pieces, length: UInt64? = nil
    ) -> ResponseBody where Pieces.Element == [UInt8] {
        stream(length: length) { writer in
            for try await piece in pieces { try await writer.write(piece) }
        }
    }
}
