// SPDX-License-Identifier: Apache-2.0
internal import EventHTTP

/// One attempt of a request: a host, and the connection to it.
struct Leg {
    /// Its number now, or `TriedHosts.gone`.
    var host: Int
    let origin: Origin
    let connection: ClientConnection
    let beganNs: Int64
    /// Since when the host has had all of the request, or should have: from then on its time counts.
    var askedNs: Int64
    /// Its number among the transaction's notes.
    let note: Int
    /// What this attempt is called in the request's trace; 0 when it is part of none.
    let span: UInt64
    /// The one request that a host on probation is given.
    let isProbe: Bool
    /// Hosts have come or gone, and others have their numbers.
    mutating func renumber(_ moved: [Int?]) {
        if host != TriedHosts.gone { host = moved[host] ?? TriedHosts.gone }
    }

    /// The balancer and the board of health have been told what it came to.
    var isSettled = false
}
