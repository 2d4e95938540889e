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
