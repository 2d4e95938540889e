// SPDX-License-Identifier: Apache-2.0
import TestSupport

extension ScriptedOrigin {
    /// Answers every request with `text`.
    static func saying(_ text: String, status: String = "200 OK", fields: String = "") -> ScriptedOrigin {
        ScriptedOrigin { connection, _ in try connection.answer(text, status: status, fields: fields) }
    }

    /// Takes every request and says nothing. `ended` counts the connections that were given up.
    static func hanging(ended: Shared<Int> = Shared(0)) -> ScriptedOrigin {
        ScriptedOrigin { connection, _, origin in
            connection.deadlineSeconds = 30
            guard let request = try connection.request() else { return }
            origin.note(request)
            _ = try? connection.rest()
            ended.change { $0 += 1 }
        }
    }

    /// Takes every request, and answers once `gate` is open. When `answer` throws, the connection is over.
    static func waiting(
        for gate: Shared<Bool>, _ answer: @escaping @Sendable (RawClient, RawRequest) throws -> Void
    ) -> ScriptedOrigin {
        ScriptedOrigin { connection, request in
            _ = try eventually(20, "the test to open the gate") { gate.current ? true : nil }
            try answer(connection, request)
        }
    }

    func waitForRequests(_ count: Int) throws {
        _ = try eventually(10, "\(count) requests") { requests.count >= count ? true : nil }
    }
}

/// What an origin does with a request.
enum Deed: String, CaseIterable {
    case answers, errs, ends, resets, babbles, hints

    func apply(_ connection: RawClient) throws {
        switch self {
        case .answers: try connection.answer("well")
        case .errs: try connection.answer("ill", status: "503 Service Unavailable")
        case .ends: throw TestFailure("the end")
        case .resets:
            connection.reset()
            throw TestFailure("the end")
        case .babbles:
            try connection.send("babble\r\n\r\n")
            throw TestFailure("the end")
        case .hints:
            try connection.send("HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n")
            try connection.answer("well")
        }
    }

    var isWell: Bool { self == .answers || self == .hints }
}

extension RawClient {
    /// The final response, whatever interim ones come before.
    func finalResponse(isHead: Bool = false) throws -> RawResponse {
        while true {
            let response = try response(isHead: isHead)
            if response.status >= 200 || response.status == 101 { return response }
        }
    }
}
