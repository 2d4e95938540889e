// SPDX-License-Identifier: Apache-2.0

/// Where a connection to a client stands. Pure: it is told what happened, and says what is next.
///
/// An exchange has two sides that go on beside each other. The table of `step` is the whole of HTTP/1.1 persistence
/// (RFC 9112 §9.3), pipelining (one exchange at a time, in order) and closing (§9.6).
struct ServerConnectionState: Equatable {
    enum Request: Equatable {
        /// No request, or one whose head is not complete.
        case none
        /// The head is there, content follows.
        case body
        case complete
    }

    enum Response: Equatable {
        case none
        /// The handler has the exchange and has not answered.
        case owed
        case started
        case ended
    }

    enum Step: Equatable {
        /// Parse the next head.
        case readHead
        /// Pass on content of the request.
        case readBody
        /// Nothing until the handler acts.
        case awaitHandler
        /// The exchange is over: forget it, then `readHead`.
        case nextExchange
        /// Read the rest of the content and forget it, so that the connection can be used again.
        case discardBody
        /// Send what is left and close.
        case close
        /// Send what is left, end our side, and read until the client has seen it (RFC 9112 §9.6).
        case linger
    }

    private(set) var request = Request.none
    private(set) var response = Response.none
    /// After this exchange there can be another.
    private(set) var persists = true
    /// The connection is a tunnel (RFC 9110 §7.8): both sides end by themselves.
    private(set) var isTunnel = false

    var step: Step {
        switch (request, response) {
        case (_, .none): .readHead
        case (.none, _): preconditionFailure("a response without a request")
        case (.body, .owed), (.body, .started): .readBody
        case (.complete, .owed), (.complete, .started): .awaitHandler
        case (.complete, .ended): persists ? .nextExchange : .close
        case (.body, .ended): isTunnel ? .readBody : persists ? .discardBody : .linger
        }
    }

    var canBeginResponse: Bool { response == .owed }

    mutating func requestBegan(hasBody: Bool, persists: Bool) {
        precondition(response == .none)
        request = hasBody ? .body : .complete
        response = .owed
        self.persists = persists
    }

    mutating func requestEnded() {
        precondition(request == .body)
        request = .complete
    }

    /// A response has begun. `persists` is what it said of the connection.
    mutating func responseBegan(persists: Bool) {
        precondition(response == .owed)
        response = .started
        self.persists = persists
    }

    mutating func responseEnded() {
        precondition(response == .started)
        response = .ended
    }

    /// The client asked for a tunnel and got it; its content is what it sends from now on.
    mutating func becameTunnel() {
        precondition(response == .started)
        isTunnel = true
        persists = false
        request = .body
    }

    /// A request that was not understood: its answer is the last one.
    mutating func refused() {
        precondition(response == .none)
        request = .body
        response = .owed
        persists = false
    }

    /// A request whose content broke: its answer is the last one.
    mutating func spoiled() {
        precondition(response == .owed)
        persists = false
    }

    /// Whoever answers wants no other request after this one.
    mutating func becameLast() {
        precondition(response == .owed)
        persists = false
    }

    /// Too much of a request is left after its answer: the connection ends instead.
    mutating func discardGivenUp() {
        precondition(step == .discardBody)
        persists = false
    }
}
