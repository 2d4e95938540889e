// SPDX-License-Identifier: Apache-2.0
internal import EventHTTP

/// One attempt of a request: a host, and the connection to it.
struct Leg {
    let host: Int
    let origin: Origin
    let connection: ClientConnection
    let beganNs: Int64
    /// The one request that a host on probation is given.
    let isProbe: Bool
    /// The balancer and the board of health have been told what it came to.
    var isSettled = false
}
