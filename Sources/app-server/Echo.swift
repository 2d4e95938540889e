// SPDX-License-Identifier: Apache-2.0
internal import EventHTTP

/// Answers with the request as JSON, once its content is there.
final class Echo: ExchangeObserver {
    static let bodyBytesMax = 1 << 20

    private var exchange: Exchange?
    private var json: JSONText
    private var body: [UInt8] = []
    private let answers: Answers

    private init(_ json: JSONText, _ answers: Answers) {
        self.json = json
        self.answers = answers
    }

    static func begin(
        _ request: borrowing RequestHead, _ exchange: consuming Exchange, name: String, answers: Answers
    ) {
        if case .length(let length) = request.framing, length > UInt64(bodyBytesMax) {
            return answers.answer(exchange, .contentTooLarge, tooLarge)
        }
        let echo = Echo(describe(request, client: exchange.clientAddress, name: name), answers)
        if request.framing == .none { return echo.answer(exchange, trailers: nil) }
        exchange.observe(echo)
        exchange.readBody()
        echo.exchange = consume exchange
    }

    private static let tooLarge: StaticString = #"{"error": "at most 1048576 bytes of content are echoed"}"#

    private static func describe(
        _ request: borrowing RequestHead, client: SocketAddress, name: String
    ) -> JSONText {
        var json = JSONText()
        json.member("method", request.methodToken)
        json.member("target", request.target)
        json.member("path", request.path)
        if let query = request.query { json.member("query", query) } else { json.null("query") }
        json.member("version", request.minorVersion == 0 ? "HTTP/1.0" : "HTTP/1.1")
        json.member("client", client.description)
        json.member("name", name)
        json.list("fields", request.fields)
        return json
    }

    private func answer(_ exchange: consuming Exchange, trailers: [UInt8]?) {
        if let trailers { json.append(trailers) }
        let body = body
        if String(validating: body, as: UTF8.self) != nil {
            json.member("body", body.span)
        } else {
            json.base64("body_base64", body)
        }
        json.end()
        let text = json.bytes
        answers.answer(exchange, .ok, text.span)
    }

    // MARK: The content

    func requestBody(_ bytes: Span<UInt8>) {
        guard exchange != nil else { return }
        if body.count + bytes.count <= Self.bodyBytesMax {
            for i in bytes.indices { body.append(bytes[i]) }
            return
        }
        body = []
        if let exchange = exchange.take() { answers.answer(exchange, .contentTooLarge, Self.tooLarge) }
    }

    func requestEnded(_ trailers: borrowing Fields) {
        guard let exchange = exchange.take() else { return }
        var more = JSONText(continuing: true)
        more.list("trailers", trailers)
        answer(exchange, trailers: more.bytes)
    }

    func exchangeFailed(_ failure: ExchangeFailure) {
        _ = exchange.take()
    }

    func responseDrained() {}
}
