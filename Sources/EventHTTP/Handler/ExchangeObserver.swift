// SPDX-License-Identifier: Apache-2.0

/// Why an exchange ended before its response did.
public enum ExchangeFailure: Error, Equatable {
    /// The client went: a reset, a write that failed, or the end in the middle of its content.
    case clientGone
    /// The client was too slow to send its content or to take the response.
    case timeout
    /// The client's content was malformed; it has been answered.
    case malformed(ParseError)
}

/// Follows an exchange: the request's content as it comes, and whether the response can go on.
///
/// Calls come on the loop's thread, in order, none after `exchangeFailed` or after the response has ended.
public protocol ExchangeObserver: AnyObject {
    /// A piece of the request's content. The bytes end with the call.
    func requestBody(_ bytes: Span<UInt8>)
    /// The request's content is complete. In a tunnel: the client will send no more.
    func requestEnded(_ trailers: borrowing Fields)
    /// A response that was told to wait may go on.
    func responseDrained()
    /// There is nobody to answer any more.
    func exchangeFailed(_ failure: ExchangeFailure)
    /// The server stops: what would go on for long, such as a tunnel or a stream of events, should end. What has not
    /// ended when the time for that is over (`drainTimeoutMs`) is cut.
    func serverDrains()
}

extension ExchangeObserver {
    /// Does nothing: an exchange that has not ended in time is cut.
    public func serverDrains() {}
}
