// SPDX-License-Identifier: Apache-2.0
import EventHTTPAsync

/// Sends each message back. In a browser's console:
///
///     let socket = new WebSocket("ws://127.0.0.1:8000/"); socket.onmessage = e => console.log(e.data)
///     socket.send("hello")
@main
struct WebSocketEcho: AsyncHandler {
    static func main() throws {
        let port = CommandLine.arguments.dropFirst().first.flatMap { UInt16($0) } ?? 8000
        try AsyncServer.run(port: port, handler: WebSocketEcho())
    }

    func handle(_ request: HTTPRequest, _ exchange: AsyncExchange) async throws -> Response {
        guard request.headerFields[.upgrade]?.lowercased() == "websocket",
            request.headerFields[.secWebSocketVersion] == "13", let key = request.headerFields[.secWebSocketKey]
        else {
            throw HTTPError(.upgradeRequired, headerFields: [.secWebSocketVersion: "13"])
        }
        return .upgrade(to: "websocket", headerFields: [.secWebSocketAccept: accept(key)]) { body, writer in
            var frames = FrameReader()
            for try await bytes in body {
                frames.add(bytes)
                while let frame = try frames.next() {
                    switch frame.opcode {
                    case .ping: try await writer.write(Frame(opcode: .pong, payload: frame.payload).bytes)
                    case .pong: break
                    case .close:
                        try await writer.write(frame.bytes)
                        return
                    default: try await writer.write(frame.bytes)
                    }
                }
            }
            // The server stops: 1001, going away (RFC 6455 §7.4.1).
            try await writer.write(Frame(opcode: .close, payload: [0x03, 0xe9]).bytes)
        }
    }

    /// What shows that the request was understood (RFC 6455 §4.2.2).
    private func accept(_ key: String) -> String {
        base64(sha1(Array((key + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11").utf8)))
    }
}
