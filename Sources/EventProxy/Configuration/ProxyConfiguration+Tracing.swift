// SPDX-License-Identifier: Apache-2.0

extension ProxyConfiguration {
    /// The part that the proxy has in distributed traces (W3C Trace Context).
    public struct Tracing: Sendable, Equatable {
        /// Key `proxy.tracing.traceparent`: what becomes of that field. `propagate`: a valid one goes on, each attempt
        /// being a span of its own in its trace, an invalid one does not; `generate`: a request without a valid one
        /// begins a trace; `off`: it goes on as it came, like any field. Default: `propagate`.
        public var traceparent = Mode.propagate

        /// All defaults.
        public init() {}

        /// What becomes of `traceparent`.
        public enum Mode: String, Sendable, CaseIterable {
            /// A valid one goes on.
            case propagate
            /// The same, and a request without one begins a trace.
            case generate
            /// It is a field like any other.
            case off
        }
    }
}

extension ProxyConfiguration.Tracing: ConfigurationSection {
    static let keys: [Key<Self>] = [
        .key("traceparent", \.traceparent, .choice)
    ]
}
