// SPDX-License-Identifier: Apache-2.0
import TestSupport

/// A client that plays the steps of a case and keeps what comes back.
struct Conversation {
    private static let patienceSeconds = 15.0

    private let client: RawClient
    private let stage: Stage
    private(set) var reader: MessageReader
    private(set) var hasEnded = false
    private(set) var wasReset = false

    init(_ stage: Stage, methods: [String]) throws {
        self.stage = stage
        client = try RawClient(port: stage.port)
        reader = MessageReader(.responses, methods: methods)
    }

    /// Final responses that are complete.
    var finals: [Message] { reader.messages.filter { $0.isComplete && ($0.status >= 200 || $0.status == 101) } }
    var interims: [Int] {
        reader.messages.filter { $0.isComplete && $0.status < 200 && $0.status != 101 }.map(\.status)
    }
    /// A final response that has begun and is not complete.
    var cut: Message? { reader.messages.last.flatMap { $0.isComplete || $0.status < 200 ? nil : $0 } }

    mutating func play(_ steps: [Case.Step]) throws {
        for step in steps {
            switch step {
            // Who refuses a request may have ended the connection before all of it is written.
            case .send(let text): try? client.send(text.octets)
            case .finals(let count): try read("\(count) responses") { $0.finals.count >= count }
            case .answer: try read("a response") { !$0.reader.messages.isEmpty }
            case .arrival(let count):
                _ = try eventually(Self.patienceSeconds, "\(count) requests at the origin") {
                    stage.role == .server || stage.origin.requests.count >= count ? true : nil
                }
            case .end: client.endSending()
            case .reset:
                client.reset()
                wasReset = true
            }
        }
    }

    /// Reads until there is enough, or the connection ends.
    mutating func read(_ what: String, _ isEnough: (Conversation) -> Bool) throws {
        let deadline = now() + Self.patienceSeconds
        while !hasEnded, !reader.isBroken, !isEnough(self) {
            guard now() < deadline, let bytes = client.piece(seconds: Self.patienceSeconds) else {
                throw TestFailure("waited for \(what); so far \(reader.messages.map(\.status)) \(reader.faults)")
            }
            if bytes.isEmpty {
                hasEnded = true
                if !client.wasReset { reader.end() }
            } else {
                reader.feed(bytes)
            }
        }
    }
}
