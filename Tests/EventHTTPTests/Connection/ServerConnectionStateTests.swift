// SPDX-License-Identifier: Apache-2.0
import Testing

@testable import EventHTTP

struct ServerConnectionStateTests {
    private func answered(hasBody: Bool, persists: Bool) -> ServerConnectionState {
        var state = ServerConnectionState()
        state.requestBegan(hasBody: hasBody, persists: persists)
        state.responseBegan(persists: persists)
        state.responseEnded()
        return state
    }

    @Test func `after an answer the connection goes on, or ends as was said`() {
        #expect(answered(hasBody: false, persists: true).step == .nextExchange)
        #expect(answered(hasBody: false, persists: false).step == .close)
    }

    @Test func `RFC 9112 §9.6: content that nobody wants is discarded, or ended in order`() {
        #expect(answered(hasBody: true, persists: false).step == .linger)
        var state = answered(hasBody: true, persists: true)
        #expect(state.step == .discardBody)
        state.discardGivenUp()
        #expect(state.step == .linger)
    }

    @Test func `content that was discarded to its end makes room for the next request`() {
        var state = answered(hasBody: true, persists: true)
        state.requestEnded()
        #expect(state.step == .nextExchange)
    }
}

/// Every place of an exchange, what is next there, and what may not happen.
struct ServerConnectionStateTableTests {
    typealias State = ServerConnectionState

    @Test(arguments: [true, false], [true, false])
    func `the step follows from both sides of the exchange`(hasBody: Bool, says: Bool) {
        var state = State()
        #expect(state.step == .readHead && !state.canBeginResponse)
        state.requestBegan(hasBody: hasBody, persists: true)
        #expect(state.step == (hasBody ? .readBody : .awaitHandler) && state.canBeginResponse)
        state.responseBegan(persists: says)
        #expect(state.step == (hasBody ? .readBody : .awaitHandler) && !state.canBeginResponse)
        var early = state
        early.responseEnded()
        #expect(early.step == (hasBody ? says ? .discardBody : .linger : says ? .nextExchange : .close))
        guard hasBody else { return }
        state.requestEnded()
        #expect(state.step == .awaitHandler)
        state.responseEnded()
        #expect(state.step == (says ? .nextExchange : .close))
    }

    @Test func `what was not understood, or broke, is the last of its connection`() {
        var refused = State()
        refused.refused()
        refused.responseBegan(persists: false)
        refused.responseEnded()
        #expect(refused.step == .linger)
        var spoiled = State()
        spoiled.requestBegan(hasBody: true, persists: true)
        spoiled.spoiled()
        #expect(!spoiled.persists)
    }

    @Test(arguments: [true, false]) func `a tunnel closes when both of its sides have ended`(clientFirst: Bool) {
        var state = State()
        state.requestBegan(hasBody: false, persists: true)
        state.responseBegan(persists: false)
        state.becameTunnel()
        #expect(state.step == .readBody && state.isTunnel && !state.persists)
        if clientFirst { state.requestEnded() } else { state.responseEnded() }
        #expect(state.step == (clientFirst ? .awaitHandler : .readBody))
        if clientFirst { state.responseEnded() } else { state.requestEnded() }
        #expect(state.step == .close)
    }

    @Test func `what is illegal stops the process`() async {
        await #expect(processExitsWith: .failure) {
            var state = State(); state.requestEnded()
        }
        await #expect(processExitsWith: .failure) {
            var state = State(); state.responseBegan(persists: true)
        }
        await #expect(processExitsWith: .failure) {
            var state = State(); state.responseEnded()
        }
        await #expect(processExitsWith: .failure) {
            var state = State(); state.becameTunnel()
        }
        await #expect(processExitsWith: .failure) {
            var state = State(); state.spoiled()
        }
        await #expect(processExitsWith: .failure) {
            var state = State(); state.discardGivenUp()
        }
        await #expect(processExitsWith: .failure) {
            var state = State()
            state.requestBegan(hasBody: false, persists: true)
            state.requestBegan(hasBody: false, persists: true)
        }
        await #expect(processExitsWith: .failure) {
            var state = State()
            state.requestBegan(hasBody: false, persists: true)
            state.responseBegan(persists: true)
            state.responseBegan(persists: true)
        }
        await #expect(processExitsWith: .failure) {
            var state = State()
            state.requestBegan(hasBody: false, persists: true)
            state.refused()
        }
    }
}
