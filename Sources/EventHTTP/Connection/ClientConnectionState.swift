// SPDX-License-Identifier: Apache-2.0

/// Where a connection to an origin stands. Pure: it is told what happened.
struct ClientConnectionState: Equatable {
    enum Phase: Equatable {
        case connecting
        /// Connected, nothing asked yet.
        case ready
        /// A request is being sent or has been; its response's head has not come.
        case head
        case body
        /// Between two requests.
        case idle
    }

    private(set) var phase = Phase.connecting
    /// The whole request has been handed over.
    private(set) var isRequestSent = false
    private(set) var isTunnel = false
    private(set) var areTunnelWritesEnded = false

    mutating func connected() {
        precondition(phase == .connecting)
        phase = .ready
    }

    mutating func began() {
        precondition(phase == .ready || phase == .idle)
        phase = .head
        isRequestSent = false
    }

    mutating func requestEnded() {
        precondition(phase == .head || phase == .body)
        isRequestSent = true
    }

    /// The rest of the request cannot be sent.
    mutating func requestCut() {
        isRequestSent = false
    }

    mutating func headEnded() {
        precondition(phase == .head)
        phase = .body
    }

    mutating func becameTunnel() {
        precondition(phase == .body)
        isTunnel = true
    }

    mutating func tunnelWritesEnded() {
        precondition(isTunnel)
        areTunnelWritesEnded = true
    }

    mutating func responseEnded() {
        precondition(phase == .body)
        phase = .idle
    }
}
