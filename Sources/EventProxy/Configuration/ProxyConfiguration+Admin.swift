// SPDX-License-Identifier: Apache-2.0

extension ProxyConfiguration {
    /// Where operators and their machines ask how the proxy is: probes, metrics, the status page. Without a token
    /// whoever reaches it may read all of that, and begin a drain.
    public struct Admin: Sendable, Equatable {
        /// Key `proxy.admin.enabled`: whether there is such a listener. Default: `true`.
        public var enabled = true

        /// Key `proxy.admin.address`: the IPv4 or IPv6 address to bind, without brackets. Default: `127.0.0.1`, this
        /// machine alone.
        public var address = "127.0.0.1"

        /// Key `proxy.admin.port`: the TCP port, from 1 to 65535. Default: 9901.
        public var port: UInt16 = 9901

        /// Key `proxy.admin.token_file`: a file with a token, 16 to 1024 visible ASCII characters, that all must know
        /// who ask for anything but `/livez`, `/readyz` and `/startupz`; `""` for none. It is read again when it
        /// changes. Default: `""`.
        public var tokenFile = ""

        /// All defaults.
        public init() {}
    }
}

extension ProxyConfiguration.Admin: ConfigurationSection {
    static let keys: [Key<Self>] = [
        .key("enabled", \.enabled, .boolean),
        .key("address", \.address, .address),
        .key("port", \.port, .integer(1...65535)),
        .key("token_file", \.tokenFile, .path),
    ]
}
