// SPDX-License-Identifier: Apache-2.0
import TestSupport
import Testing

extension Case {
    /// Plays the case on the stage of the suite, and compares.
    func play() throws {
        let stage = try #require(Stage.current)
        stage.origin.arm(origin)
        var conversation = try Conversation(stage, methods: methods)
        try conversation.play(steps)
        if !conversation.wasReset { try awaitOutcome(&conversation, stage) }
        let problems = judge(conversation, stage)
        #expect(problems.isEmpty, "\(cites.joined(separator: ", ")): \(problems.joined(separator: "; "))")
        // Neither a crash nor a poisoned connection may be left behind.
        try stage.check()
        let answer = try RawClient(port: stage.port).ask(Self.probe)
        #expect(answer.status == 200, "a fresh client afterwards")
    }

    private static let probe = "GET \(OriginRecorder.probe) HTTP/1.1\r\n\(hostLine)\r\n"

    /// Waits for what must come, so that nothing that must not come is overlooked.
    private func awaitOutcome(_ conversation: inout Conversation, _ stage: Stage) throws {
        let count = outcome.statuses.count
        switch outcome.ending {
        case .closes: try conversation.read("the end") { _ in false }
        case .either:
            try conversation.read("\(count) responses") { [outcome] in
                $0.finals.count >= count
                    && (outcome.tunnel?.unicodeScalars.count ?? 0) <= ($0.finals.first?.content.count ?? 0)
            }
        case .goesOn:
            try conversation.read("\(count) responses") { $0.finals.count >= count }
            try conversation.play([.send(Self.probe)])
            try conversation.read("the answer to a further request") { $0.finals.count > count }
        }
    }

    private func judge(_ conversation: Conversation, _ stage: Stage) -> [String] {
        var problems = conversation.reader.faults.map { "to the client: \($0)" }
        if !conversation.reader.surplus.isEmpty { problems.append("stray bytes to the client") }
        problems += stage.origin.faults.map { "to the origin: \($0)" }
        if stage.origin.requests.contains(where: { $0.target.contains("smuggled") }) {
            problems.append("a smuggled request arrived")
        }
        var finals = conversation.finals
        if outcome.ending == .goesOn {
            if finals.count > outcome.statuses.count, finals.removeLast().status != 200 {
                problems.append("a further request was not answered 200")
            }
            if conversation.hasEnded { problems.append("the connection has ended") }
        }
        if finals.map(\.status) != outcome.statuses {
            problems.append("\(finals.map(\.status)) for \(outcome.statuses)")
        }
        if !outcome.isCut, conversation.cut != nil { problems.append("a response is cut") }
        if let interims = outcome.interims, interims != conversation.interims {
            problems.append("interim \(conversation.interims) for \(interims)")
        }
        if let first = finals.first {
            problems += judge(
                first, "response", content: outcome.content, has: outcome.has, trailers: outcome.trailers)
        }
        if let tunnel = outcome.tunnel, finals.first?.text != tunnel || stage.origin.tunnel.latin1 != tunnel {
            problems.append(
                "tunnelled \(stage.origin.tunnel.latin1.debugDescription) and back \(finals.first?.text ?? "")")
        }
        if let connections = outcome.connections, connections != stage.origin.connections {
            problems.append("\(stage.origin.connections) connections to the origin for \(connections)")
        }
        return problems + judgeArrivals(finals, stage)
    }

    /// What a message lacks of what it must say; `which` is it.
    private func judge(
        _ message: Message, _ which: String, content: String?, has: [String: [String]], trailers: [String: [String]]
    ) -> [String] {
        var problems: [String] = []
        if let content, content != message.text {
            problems.append("\(which) content \(message.text.prefix(80).debugDescription)")
        }
        for (name, values) in has where !values.fit(message.values(name)) {
            problems.append("\(which) field \(name): \(message.values(name)) for \(values)")
        }
        for (name, values) in trailers
        where !values.fit(message.trailers.filter { $0.name.lowercased() == name }.map(\.value)) {
            problems.append("\(which) trailers \(message.trailers) for \(name): \(values)")
        }
        return problems
    }

    // MARK: What was understood

    private func judgeArrivals(_ finals: [Message], _ stage: Stage) -> [String] {
        guard let arrivals = outcome.arrivals else { return [] }
        if stage.role == .server { return judgeEchoes(arrivals, finals) }
        let requests = stage.origin.requests.filter(\.isComplete)
        guard requests.map(\.line) == arrivals.map(\.line) else {
            return ["\(requests.map(\.line)) arrived for \(arrivals.map(\.line))"]
        }
        return zip(arrivals, requests).flatMap { arrival, request in
            judge(request, "arrived", content: arrival.content, has: arrival.has, trailers: arrival.trailers)
        }
    }

    /// An app-server's echo says in JSON what it understood.
    private func judgeEchoes(_ arrivals: [Arrival], _ finals: [Message]) -> [String] {
        zip(arrivals, finals).flatMap { arrival, response -> [String] in
            if methods.first == "HEAD" { return [] }
            let parts = arrival.line.split(separator: " ")
            var wanted = [#""method": "\#(parts[0])", "target": \#(String(parts[1]).json)"#]
            if let content = arrival.content { wanted.append(#""body": \#(content.json)"#) }
            for (name, values) in arrival.has {
                for value in values { wanted.append(#"{"name": "\#(name)", "value": \#(value.json)}"#) }
            }
            return wanted.filter { !response.text.lowercased().contains($0.lowercased()) }.map {
                "no \($0) in \(response.text)"
            }
        }
    }
}

extension String {
    fileprivate var json: String {
        var text = "\""
        for scalar in unicodeScalars {
            switch scalar {
            case "\"", "\\": text += "\\\(scalar)"
            case "\n": text += "\\n"
            case "\0"..<" ":
                let digits = String(scalar.value, radix: 16)
                text += "\\u" + String(repeating: "0", count: 4 - digits.utf8.count) + digits
            default: text.unicodeScalars.append(scalar)
            }
        }
        return text + "\""
    }
}

extension [String] {
    /// Whether the values are these; one that ends in an asterisk stands for all that begin so.
    fileprivate func fit(_ values: [String]) -> Bool {
        count == values.count
            && zip(self, values).allSatisfy { $0.hasSuffix("*") ? $1.hasPrefix($0.dropLast()) : $0 == $1 }
    }
}

extension RawClient {
    /// Sends one request and reads its answer.
    fileprivate func ask(_ request: String) throws -> RawResponse {
        try send(request)
        return try response()
    }
}
