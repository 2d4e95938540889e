// SPDX-License-Identifier: Apache-2.0

/// What a server allows its clients. Every limit is finite by default.
public struct ServerOptions: Sendable {
    /// How large a request head may be.
    public var limits = ParserLimits()
    /// From accepting, or from the first byte of a further request, to the end of its head.
    public var headTimeoutMs: Int64 = 10_000
    /// Between two pieces of a request's content.
    public var bodyTimeoutMs: Int64 = 10_000
    /// Between two requests of a connection. Longer than the pools of proxies keep a connection, so that they end it.
    public var idleTimeoutMs: Int64 = 75_000
    /// Between two pieces of a response that the client takes.
    public var writeTimeoutMs: Int64 = 30_000
    /// Nothing moving through a tunnel in either direction.
    public var tunnelTimeoutMs: Int64 = 3_600_000
    /// Told to stop with a delay, the server goes on accepting for this long, but ends each connection with its next
    /// answer: whoever sends it traffic needs time to learn that it goes.
    public var drainDelayMs: Int64 = 0
    /// After that, for requests in flight.
    public var drainTimeoutMs: Int64 = 30_000
    /// Longest content of a request; nil: as long as it likes, it is streamed.
    public var bodyBytesMax: UInt64?
    /// Proxies that begin each connection with a PROXY header, in which they say whose it is. From them a connection
    /// without one is closed; from anybody else the header is no HTTP.
    public var proxyHeaderPeers = AddressBlocks()
    /// Connections of one loop; further ones wait in the kernel's queue.
    public var connectionsMax = 100_000
    /// What answers to requests that are refused before the handler sees them also say.
    public var refusalFields = FieldLines()

    /// The defaults.
    public init() {}
}
