// SPDX-License-Identifier: Apache-2.0

/// Why a request to an origin came to nothing, or its response was cut.
package enum ClientFailure: Equatable {
    /// No connection: refused, unreachable, or another errno of connect.
    case connect(Int32)
    /// No connection in time.
    case connectTimeout
    /// The origin ended or reset the connection before the response was complete.
    case lost
    /// No response head in time.
    case responseTimeout
    /// A response that stopped in its content.
    case bodyTimeout
    /// A response that is not valid HTTP.
    case malformed(ParseError)
}

/// Follows a connection to an origin. Calls come on the loop's thread.
package protocol ClientConnectionObserver: AnyObject {
    /// The connection stands; requests can be sent.
    func connected(_ connection: ClientConnection)
    /// A head: interim ones first, then the final one. With `.hold` the response stays where it is, and comes again
    /// when the connection is told to go on.
    func responseHead(_ head: borrowing ResponseHead, from connection: ClientConnection) -> HeadVerdict
    func responseBody(_ bytes: Span<UInt8>, from connection: ClientConnection)
    /// The response is complete. The connection can be used again if `isReusable`; otherwise it is closed afterwards.
    func responseEnded(_ trailers: borrowing Fields, isReusable: Bool, from connection: ClientConnection)
    /// A callback is over: what was passed on can be sent.
    func responsePaused(_ connection: ClientConnection)
    /// What was told to wait may go on.
    func requestDrained(_ connection: ClientConnection)
    /// The connection is closed.
    func failed(_ failure: ClientFailure, _ connection: ClientConnection)
    /// An idle connection was ended by the origin or grew too old; it is closed.
    func idleEnded(_ connection: ClientConnection)
}

package enum HeadVerdict {
    case take, hold
}

/// Deadlines of a connection to an origin, in milliseconds.
package struct ClientTimeouts: Sendable, Equatable {
    package var connectMs: Int64 = 3_000
    /// From the request to the response's head.
    package var responseMs: Int64 = 15_000
    /// Between two pieces of the response, and of the request.
    package var bodyMs: Int64 = 15_000
    /// Nothing moving in a tunnel.
    package var tunnelMs: Int64 = 3_600_000

    package init() {}
}
