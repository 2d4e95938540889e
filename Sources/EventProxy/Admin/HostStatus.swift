// SPDX-License-Identifier: Apache-2.0

/// How a host stands, as people are told it.
enum HostStatus: String, CaseIterable {
    case up
    /// Back for a short while: it gets a part of its share.
    case slowStart = "slow_start"
    /// It gets no requests, because it has failed.
    case ejected
    /// Its time is up, and one request shows whether it is well.
    case probation
    /// Active checks say that it is down.
    case down
    /// It asked for no new requests.
    case draining

    init(_ state: HostState, nowMs: Int64, slowStartMs: Int64) {
        self =
            switch state.check {
            case .drain: .draining
            case .down: .down
            case .up, .unknown:
                if state.isEjected {
                    state.isProbing || nowMs >= state.timeMs ? .probation : .ejected
                } else {
                    state.timeMs > 0 && nowMs - state.timeMs < slowStartMs ? .slowStart : .up
                }
            }
    }

    var isUsed: Bool { self == .up || self == .slowStart }

    /// Why, if there is more to say than the state.
    func reason(_ state: HostState) -> String? {
        switch self {
        case .ejected, .probation: state.reason.text
        case .down: state.isUnreachable ? "checks cannot connect to it" : "it fails its checks"
        case .draining: "it asked for no new requests"
        case .up, .slowStart: nil
        }
    }
}
