// SPDX-License-Identifier: Apache-2.0
import TestSupport

/// The origin behind the proxy: keeps what arrives, and answers what the case in hand says.
final class OriginRecorder: Sendable {
    static let probe = "/probe"

    private struct Link: Sendable {
        var reader = MessageReader(.requests)
        /// Requests that were replied to.
        var replies = 0
        /// Messages of earlier cases.
        var forgotten = 0
    }

    private struct State: Sendable {
        var links: [Link] = []
        var replies: [[Case.Reply]] = []
        var connections = 0
        var tunnel: [UInt8] = []
    }

    private let state = Shared(State())

    /// Forgets what was, and takes the replies of the next case.
    func arm(_ replies: [[Case.Reply]]) {
        state.change { state in
            state.replies = replies
            state.connections = 0
            state.tunnel = []
            for index in state.links.indices { state.links[index].forgotten = state.links[index].reader.messages.count }
        }
    }

    /// What has arrived in this case, complete or not, leaving out the probes.
    var requests: [Message] {
        state.current.links.flatMap { $0.reader.messages.dropFirst($0.forgotten) }
            .filter { $0.hasHead && $0.target != Self.probe }
    }

    /// What was no HTTP of a strict sender, in any case so far.
    var faults: [String] { state.current.links.flatMap(\.reader.faults) }
    var connections: Int { state.current.connections }
    var tunnel: [UInt8] { state.current.tunnel }

    // MARK: A connection

    func converse(_ connection: RawClient) throws {
        let index = state.change { state in
            state.links.append(Link())
            state.connections += 1
            return state.links.count - 1
        }
        while true {
            if let (message, reply) = nextReply(index) {
                guard try play(reply, to: message, on: connection, index) else { return }
                state.change { $0.links[index].reader.resume() }
            } else if try !receive(connection, index) {
                return
            }
        }
    }

    /// Reads once; false at the end.
    private func receive(_ connection: RawClient, _ index: Int) throws -> Bool {
        guard let bytes = connection.piece(seconds: 30), !bytes.isEmpty else { return false }
        return state.change { state in
            state.links[index].reader.feed(bytes)
            return !state.links[index].reader.isBroken
        }
    }

    /// The reply that is due, if one is: to which message of the connection.
    private func nextReply(_ index: Int) -> (Int, [Case.Reply])? {
        state.change { state in
            let number = state.links[index].replies
            let messages = state.links[index].reader.messages
            guard number < messages.count, messages[number].hasHead else { return nil }
            let message = messages[number]
            let isScripted = message.target != Self.probe && !state.replies.isEmpty
            var reply = isScripted ? state.replies[0] : Self.reply(message)
            if case .early? = reply.first {
                reply.removeFirst()
            } else if !message.isComplete {
                return nil
            }
            if isScripted { state.replies.removeFirst() }
            state.links[index].replies += 1
            return (number, reply)
        }
    }

    private static func reply(_ message: Message) -> [Case.Reply] {
        let text = message.line
        let content = message.method == "HEAD" ? "" : text
        let answer = Case.Reply.send("HTTP/1.1 200 OK\r\nContent-Length: \(text.utf8.count)\r\n\r\n\(content)")
        if message.isComplete || message.values("expect").isEmpty { return [answer] }
        return [.early, "HTTP/1.1 100 Continue\r\n\r\n", .content, answer]
    }

    /// False when the connection is over.
    private func play(_ reply: [Case.Reply], to message: Int, on connection: RawClient, _ index: Int) throws -> Bool {
        for step in reply {
            switch step {
            case .send(let text): try connection.send(text.octets)
            case .early: preconditionFailure("early comes first")
            case .content:
                while !state.current.links[index].reader.messages[message].isComplete {
                    guard try receive(connection, index) else { return false }
                }
            case .close: return false
            case .reset:
                connection.resetOnClose()
                return false
            case .hold:
                while try receive(connection, index) {}
                return false
            case .echo:
                var bytes = state.change { $0.links[index].reader.takeRest() }
                while true {
                    let piece = bytes
                    state.change { $0.tunnel += piece }
                    if !bytes.isEmpty { try connection.send(bytes) }
                    guard let more = connection.piece(seconds: 30), !more.isEmpty else { return false }
                    bytes = more
                }
            }
        }
        return true
    }
}
