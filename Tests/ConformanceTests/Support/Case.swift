// SPDX-License-Identifier: Apache-2.0
import Testing

/// One conversation, and what must come of it.
struct Case: Sendable, CustomTestStringConvertible {
    /// What a client does.
    enum Step: Sendable, ExpressibleByStringLiteral, ExpressibleByStringInterpolation {
        case send(String)
        /// Reads until so many final responses are there.
        case finals(Int)
        /// Reads until any response is there.
        case answer
        /// Waits until the origin has so many request heads.
        case arrival(Int)
        /// Ends its side.
        case end
        case reset

        init(stringLiteral text: String) { self = .send(text) }
    }

    /// What an origin does when a request has arrived.
    enum Reply: Sendable, ExpressibleByStringLiteral, ExpressibleByStringInterpolation {
        case send(String)
        /// As the first: on the head already, without its content.
        case early
        /// After `early`: waits for the content.
        case content
        case close
        case reset
        /// Sends back what comes, until it ends.
        case echo
        /// Does nothing until the other side ends.
        case hold

        init(stringLiteral text: String) { self = .send(text) }
    }

    /// What it is, as a sentence.
    let name: String
    /// Keys of `Requirement.all`.
    let cites: [String]
    let steps: [Step]
    let outcome: Outcome
    /// One list for each request that arrives; beyond them 200 with what was asked.
    var origin: [[Reply]] = []
    /// Of the requests, where it is not GET and matters to whoever reads the responses.
    var methods: [String] = []

    init(
        _ name: String, _ cites: [String], _ steps: [Step], origin: [[Reply]] = [], methods: [String] = [],
        _ outcome: Outcome
    ) {
        self.name = name
        self.cites = cites
        self.steps = steps
        self.origin = origin
        self.methods = methods
        self.outcome = outcome
    }

    /// What a client sends at once.
    init(
        _ name: String, _ cites: [String], _ text: String, origin: [[Reply]] = [], methods: [String] = [],
        _ outcome: Outcome
    ) {
        self.init(name, cites, [.send(text)], origin: origin, methods: methods, outcome)
    }

    var testDescription: String { name }
}

/// A request as the application understood it: the origin behind a proxy, or an app-server's echo.
struct Arrival: Sendable, ExpressibleByStringLiteral {
    var line: String
    var content: String?
    var has: [String: [String]]
    var trailers: [String: [String]]

    /// `has` are fields with all their values; none means that the field must be missing. (Not asked of the echo of an
    /// app-server, which shows what came.)
    init(_ line: String, content: String? = nil, has: [String: [String]] = [:], trailers: [String: [String]] = [:]) {
        self.line = line
        self.content = content
        self.has = has
        self.trailers = trailers
    }

    init(stringLiteral line: String) { self.init(line) }
}

/// What must come.
struct Outcome: Sendable {
    enum Ending: Sendable {
        /// The other side ends the connection after the last response.
        case closes
        /// The connection answers a further request, and nothing came before that answer.
        case goesOn
        case either
    }

    /// Of the final responses, in order.
    var statuses: [Int]
    var ending = Ending.goesOn
    /// A response may have begun, and the connection ended before it was whole.
    var isCut = false
    /// Interim responses that came, in order; nil: any.
    var interims: [Int]?
    /// Of the first response: content, fields with all their values, trailers.
    var content: String?
    var has: [String: [String]] = [:]
    var trailers: [String: [String]] = [:]
    /// Complete requests that were understood, in order; nil: any.
    var arrivals: [Arrival]?
    /// What went through a tunnel and back.
    var tunnel: String?
    /// Connections that were made to the origin since the case began; nil: any.
    var connections: Int?

    /// Refused: the connection ends, and nobody sees a request.
    static func refused(_ status: Int, after arrivals: Arrival...) -> Outcome {
        Outcome(statuses: arrivals.map { _ in 200 } + [status], ending: .closes, arrivals: arrivals)
    }

    /// All understood, and the connection goes on.
    static func served(_ arrivals: Arrival..., ending: Ending = .goesOn) -> Outcome {
        Outcome(statuses: arrivals.map { _ in 200 }, ending: ending, arrivals: arrivals)
    }

    /// No response, and the connection ends.
    static let dropped = Outcome(statuses: [], ending: .closes, arrivals: [])

    /// What comes back for one request.
    static func response(
        _ status: Int, ending: Ending = .goesOn, content: String? = nil, has: [String: [String]] = [:],
        trailers: [String: [String]] = [:], interims: [Int]? = nil, arrivals: [Arrival]? = nil, connections: Int? = nil
    ) -> Outcome {
        Outcome(
            statuses: [status], ending: ending, interims: interims, content: content, has: has, trailers: trailers,
            arrivals: arrivals, connections: connections)
    }

    static func responses(
        _ statuses: Int..., ending: Ending = .goesOn, content: String? = nil, interims: [Int]? = nil,
        arrivals: [Arrival]? = nil, connections: Int? = nil
    ) -> Outcome {
        Outcome(
            statuses: statuses, ending: ending, interims: interims, content: content, arrivals: arrivals,
            connections: connections)
    }

    /// A response that is not whole, and can be seen not to be (RFC 9112 §8).
    static func cut(arrivals: [Arrival]? = nil) -> Outcome {
        Outcome(statuses: [], ending: .closes, isCut: true, arrivals: arrivals)
    }

    static func tunnel(_ bytes: String) -> Outcome {
        Outcome(statuses: [101], ending: .either, tunnel: bytes)
    }
}

// MARK: What tables are written with

let hostLine = "Host: test\r\n"

func get(_ target: String = "/echo", _ fields: String = "", version: String = "1.1") -> String {
    "GET \(target) HTTP/\(version)\r\n\(hostLine)\(fields)\r\n"
}

func post(_ fields: String, _ content: String = "", target: String = "/echo", version: String = "1.1") -> String {
    "POST \(target) HTTP/\(version)\r\n\(hostLine)\(fields)\r\n\(content)"
}

/// A request behind another one, and one that nobody may ever see as a request.
let next = get("/echo?next")
let bait = get("/echo?smuggled")
let hello = "5\r\nhello\r\n0\r\n\r\n"
