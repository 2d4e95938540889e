// SPDX-License-Identifier: Apache-2.0

extension ProxyConfiguration {
    /// How hosts are checked beside the requests that they get. Done once for all workers.
    public struct HealthCheck: Sendable, Equatable {
        /// Key `proxy.health_check.type`: `tcp` connects to hosts that took no connections, to find out whether they
        /// are back; `http` sends a request to every host, whose answer must be as expected, and takes a host out
        /// while it answers with the field `x-drain: 1`; `none` checks nothing. Default: `tcp`.
        public var type = Kind.tcp

        /// Key `proxy.health_check.path`: what `http` asks for. Default: `/readyz`.
        public var path = "/readyz"

        /// Key `proxy.health_check.expect_status`: the statuses with which an answer passes, such as `204` and
        /// `200-399`, from 200 to 599. Default: `200-399`.
        public var expectStatus = [StatusRange(200...399)]

        /// Key `proxy.health_check.expect_body`: what the first 16384 bytes of the answer's content must hold, at most
        /// 1024 bytes; `""` for anything. Default: `""`.
        public var expectBody = ""

        /// Key `proxy.health_check.interval`: between two checks of a host; milliseconds. They are faster, every 500 ms
        /// at most, while the results change. Default: `2s`.
        public var intervalMs: Int64 = 2_000

        /// Key `proxy.health_check.timeout`: after so long without an answer a check has failed; milliseconds.
        /// Default: `1s`.
        public var timeoutMs: Int64 = 1_000

        /// Key `proxy.health_check.rise`: a host that is out is in again after so many checks in a row that pass; from
        /// 1 to 100. Default: 2.
        public var rise = 2

        /// Key `proxy.health_check.fall`: a host is out after so many checks in a row that fail; from 1 to 100.
        /// Default: 3.
        public var fall = 3

        /// All defaults.
        public init() {}

        /// The ways to check.
        public enum Kind: String, Sendable, CaseIterable {
            /// A connection to each host that is out, to bring it back.
            case tcp
            /// A request to every host.
            case http
            /// None: requests alone tell.
            case none
        }

        /// Statuses that follow one another.
        public struct StatusRange: Sendable, Equatable {
            /// From the first to the last.
            public var codes: ClosedRange<UInt16>

            /// Such as `200...399`.
            public init(_ codes: ClosedRange<UInt16>) {
                self.codes = codes
            }
        }
    }
}

extension ProxyConfiguration.HealthCheck: ConfigurationSection {
    static let agreeMax = 100

    static let keys: [Key<Self>] = [
        .key("type", \.type, .choice),
        .key("path", \.path, .requestPath),
        .key("expect_status", \.expectStatus, .list(of: .statusRange, unique: StatusRange.unique)),
        .key("expect_body", \.expectBody, .expectedBody),
        .key("interval", \.intervalMs, .duration),
        .key("timeout", \.timeoutMs, .duration),
        .key("rise", \.rise, .integer(1...agreeMax)),
        .key("fall", \.fall, .integer(1...agreeMax)),
    ]

    /// Keys that say what an answer must be: without a request there is none.
    func check(_ proxy: YAMLNode, _ findings: inout Findings) {
        guard type != .http, let section = proxy.value(of: "health_check") else { return }
        let isSaid = ["expect_status": expectStatus != Self().expectStatus, "expect_body": !expectBody.isEmpty]
        for (name, isSaid) in isSaid where isSaid {
            guard let place = section.value(of: name) else { continue }
            let remedy = "a check of type \(type.rawValue) gets no answer"
            findings.report(place.position, "proxy.health_check.\(name) needs type: http; \(remedy)")
        }
    }
}

extension ProxyConfiguration.HealthCheck.StatusRange {
    fileprivate static let unique = Unique<Self>(
        key: nil, identity: { $0.text }, name: { "the status \($0.text)" })

    /// Those of final answers (RFC 9110 section 15).
    fileprivate static let codesAllowed: ClosedRange<UInt16> = 200...599

    fileprivate var text: String {
        codes.count == 1 ? "\(codes.lowerBound)" : "\(codes.lowerBound)-\(codes.upperBound)"
    }

    fileprivate init?(_ text: String) {
        let codes = text.split(separator: "-", omittingEmptySubsequences: false).map { part in
            part.utf8.count == 3 && part.utf8.allSatisfy(isDigit) ? UInt16(part) : nil
        }
        guard (1...2).contains(codes.count), let first = codes[0], let last = codes[codes.count - 1], first <= last,
            Self.codesAllowed.contains(first), Self.codesAllowed.contains(last)
        else { return nil }
        self.init(first...last)
    }
}

extension ValueKind<ProxyConfiguration.HealthCheck.StatusRange> {
    /// A status, or two and all between them.
    static var statusRange: ValueKind {
        let wants = "a status from 200 to 599 or a range of them such as 200-299"
        let pattern = "^[2-5][0-9]{2}(-[2-5][0-9]{2})?$"
        let schema = ValueSchema.either(.integer(Value.codesAllowed), .text(pattern: pattern))
        let write: @Sendable (Value) -> YAMLText = { $0.codes.count == 1 ? .plain($0.text) : .quoted($0.text) }
        return .text(wants, schema: schema, write: write) { scalar in
            if let range = Value(scalar.text) { return .value(range) }
            let isClass = scalar.text.lowercased().hasSuffix("xx")
            return .mismatch(remedy: isClass ? "write 2xx as 200-299" : nil)
        }
    }
}

extension ValueKind<String> {
    private static let expectedBodyBytesMax = 1_024

    /// What a content must hold, or "".
    static var expectedBody: ValueKind {
        .text("a text of at most \(expectedBodyBytesMax) bytes (\"\" for none)") { scalar in
            // Plain, true and 1 are no texts to other programs that read the file.
            guard scalar.meaning == .text else { return .mismatch(remedy: "put it in quotes") }
            return scalar.text.utf8.count <= expectedBodyBytesMax ? .value(scalar.text) : .mismatch(remedy: nil)
        }
    }
}
