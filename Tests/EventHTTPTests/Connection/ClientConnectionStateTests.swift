// SPDX-License-Identifier: Apache-2.0
import Testing

@testable import EventHTTP

struct ClientConnectionStateTests {
    enum Event: CaseIterable, Sendable {
        case connected, began, requestEnded, requestCut, headEnded, becameTunnel, tunnelWritesEnded, responseEnded
    }

    static func apply(_ event: Event, to state: inout ClientConnectionState) {
        switch event {
        case .connected: state.connected()
        case .began: state.began()
        case .requestEnded: state.requestEnded()
        case .requestCut: state.requestCut()
        case .headEnded: state.headEnded()
        case .becameTunnel: state.becameTunnel()
        case .tunnelWritesEnded: state.tunnelWritesEnded()
        case .responseEnded: state.responseEnded()
        }
    }

    /// The way to each phase, and what may happen there.
    static let ways: [(way: [Event], phase: ClientConnectionState.Phase, legal: Set<Event>)] = [
        ([], .connecting, [.connected, .requestCut]),
        ([.connected], .ready, [.began, .requestCut]),
        ([.connected, .began], .head, [.requestEnded, .headEnded, .requestCut]),
        (
            [.connected, .began, .headEnded], .body,
            [.requestEnded, .becameTunnel, .responseEnded, .requestCut]
        ),
        ([.connected, .began, .requestEnded, .headEnded, .responseEnded], .idle, [.began, .requestCut]),
    ]

    @Test(arguments: 0..<ways.count) func `each event is legal in its phases`(index: Int) {
        let (way, phase, legal) = Self.ways[index]
        var state = ClientConnectionState()
        for event in way { Self.apply(event, to: &state) }
        #expect(state.phase == phase)
        for event in legal {
            var next = state
            Self.apply(event, to: &next)
        }
    }

    @Test func `a request is sent to its end, or cut, and the next one begins anew`() {
        var state = ClientConnectionState()
        for event in [Event.connected, .began, .requestEnded] { Self.apply(event, to: &state) }
        #expect(state.isRequestSent)
        state.requestCut()
        #expect(!state.isRequestSent)
        for event in [Event.requestEnded, .headEnded, .responseEnded, .began] { Self.apply(event, to: &state) }
        #expect(!state.isRequestSent && state.phase == .head)
    }

    @Test func `a tunnel's sides end by themselves`() {
        var state = ClientConnectionState()
        for event in [Event.connected, .began, .requestEnded, .headEnded, .becameTunnel] {
            Self.apply(event, to: &state)
        }
        #expect(state.isTunnel && !state.areTunnelWritesEnded)
        state.tunnelWritesEnded()
        #expect(state.areTunnelWritesEnded && state.phase == .body)
    }

    @Test func `what is illegal stops the process`() async {
        await #expect(processExitsWith: .failure) {
            var state = ClientConnectionState(); state.began()
        }
        await #expect(processExitsWith: .failure) {
            var state = ClientConnectionState(); state.requestEnded()
        }
        await #expect(processExitsWith: .failure) {
            var state = ClientConnectionState(); state.headEnded()
        }
        await #expect(processExitsWith: .failure) {
            var state = ClientConnectionState(); state.tunnelWritesEnded()
        }
        await #expect(processExitsWith: .failure) {
            var state = ClientConnectionState()
            state.connected()
            state.connected()
        }
        await #expect(processExitsWith: .failure) {
            var state = ClientConnectionState()
            state.connected()
            state.began()
            state.began()
        }
        await #expect(processExitsWith: .failure) {
            var state = ClientConnectionState()
            state.connected()
            state.began()
            state.responseEnded()
        }
    }
}
