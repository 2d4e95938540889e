// SPDX-License-Identifier: Apache-2.0

/// What one finished exchange leaves in the log: views of bytes that live elsewhere, so making one allocates nothing.
public struct AccessRecord: ~Escapable {
    /// The peer's address as text, such as `127.0.0.1`.
    public var clientAddress: Span<UInt8>
    /// The method as received; empty when no request line was.
    public var method: Span<UInt8>
    /// The request target as received.
    public var target: Span<UInt8>
    /// The version as received, such as `HTTP/1.1`.
    public var version: Span<UInt8>
    /// Which origin answered; empty when none did.
    public var origin: Span<UInt8>
    /// The status sent downstream; 0 when none was.
    public var status: UInt16
    /// How many bytes were sent downstream, as the caller counts them.
    public var bytesSent: UInt64
    /// From the first byte of the request to the last byte of the response, in microseconds.
    public var durationMicroseconds: UInt64
    /// How the exchange ended when it was out of the ordinary, such as `client_gone`; empty when it was not. A literal
    /// of lower-case words with `_` between them.
    public var outcome: Span<UInt8>
    /// What the request is called in other logs, too; plain characters only, empty when it has no name.
    public var requestID: Span<UInt8>
    /// The trace that the request is part of, 32 hexadecimal digits; empty when it is part of none.
    public var traceID: Span<UInt8>
    /// How many origins were tried; shown in text when more than 1.
    public var attempts: UInt8
    /// What became of each of them, ready for a line of the log's format.
    var attemptDetails: Span<UInt8>

    /// A record of these views; it lives no longer than any of them.
    @_lifetime(
        copy clientAddress, copy method, copy target, copy version, copy origin, copy outcome, copy requestID,
        copy traceID, copy attemptDetails)
    public init(
        clientAddress: Span<UInt8>,
        method: Span<UInt8>,
        target: Span<UInt8>,
        version: Span<UInt8>,
        origin: Span<UInt8>,
        status: UInt16,
        bytesSent: UInt64,
        durationMicroseconds: UInt64,
        outcome: Span<UInt8> = Span(),
        requestID: Span<UInt8> = Span(),
        traceID: Span<UInt8> = Span(),
        attempts: UInt8 = 1,
        attemptDetails: Span<UInt8> = Span()
    ) {
        self.clientAddress = clientAddress
        self.method = method
        self.target = target
        self.version = version
        self.origin = origin
        self.status = status
        self.bytesSent = bytesSent
        self.durationMicroseconds = durationMicroseconds
        self.outcome = outcome
        self.requestID = requestID
        self.traceID = traceID
        self.attempts = attempts
        self.attemptDetails = attemptDetails
    }
}
