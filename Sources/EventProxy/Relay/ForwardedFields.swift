// SPDX-License-Identifier: Apache-2.0
internal import EventHTTP

/// Which fields go on, and which the proxy adds (RFC 9110 §7.6). Parsed and written anew: no byte of a head is passed
/// through as it is.
enum ForwardedFields {
    // MARK: To the origin

    /// Copies the end-to-end fields of a request and says who asked. What `Connection` names is removed (RFC 9110
    /// §7.6.1), but naming what the proxy adds removes nothing.
    ///
    /// What a client claims about itself in forwarding fields is dropped, and so are aliases of those fields and of the
    /// framing, which some frameworks would read as the real ones (`X_Forwarded_For`, `Transfer_Encoding`). What a
    /// trusted proxy says of its client is kept, and continued.
    static func request(
        _ request: borrowing RequestHead, from peer: Peer, host: Span<UInt8>, via: FieldLines,
        replaced: RequestIdentity.Replaced = [], rules: FieldRules? = nil, policy: AnyPolicy? = nil,
        to writer: inout FieldWriter
    ) {
        let fields = request.fields
        let namesFields = request.connection.contains(.names)
        let countsDown = request.method.countsForwards
        let hasChanges = rules != nil || policy != nil
        for i in 0..<fields.count {
            let field = fields[i]
            if isOurs(field.id) || isHopByHop(field, of: fields, namesFields) { continue }
            if replaced.names(field.id) || field.isAlias && isAlias(field.name, replaced) { continue }
            if hasChanges, drops(field, rules, policy) { continue }
            if countsDown, field.id == .maxForwards, let left = field.value.decimal {
                writer.add("Max-Forwards", left &- 1)
            } else {
                writer.copy(field)
            }
        }
        if hasChanges { add(rules, policy, to: &writer) }
        if peer.isTrusted { return extend(fields, peer.address, host, via, to: &writer) }
        writer.begin("X-Forwarded-For")
        let client = writer.write { $0.host(of: peer.address) }
        writer.literal("\r\nX-Forwarded-Proto: http\r\nX-Forwarded-Host: ")
        writer.text(host)
        writer.literal("\r\nForwarded: ")
        forwardedElement(client, isBracketed: peer.address.needsBrackets, host, to: &writer)
        writer.add(via)
    }

    /// Of `Forwarded` (RFC 7239) what this proxy knows: an IPv6 address is in brackets, and like a host with a port it
    /// is quoted. `client` is where its address has been written already.
    private static func forwardedElement(
        _ client: Range<Int>, isBracketed: Bool, _ host: Span<UInt8>, to writer: inout FieldWriter
    ) {
        writer.literal(isBracketed ? "for=\"[" : "for=")
        writer.again(client)
        writer.literal(isBracketed ? "]\";host=\"" : ";host=\"")
        writer.text(host)
        writer.literal("\";proto=http\r\n")
    }

    /// Continues what a trusted proxy says of its client: the lists grow by the proxy itself, in one line each, because
    /// many programs read no second one; what there can be only one of is kept if it is well-formed.
    private static func extend(
        _ fields: borrowing Fields, _ peer: SocketAddress, _ host: Span<UInt8>, _ via: FieldLines,
        to writer: inout FieldWriter
    ) {
        writer.begin("X-Forwarded-For")
        copyList(.xForwardedFor, of: fields, to: &writer)
        let client = writer.write { $0.host(of: peer) }
        writer.end()
        writer.begin("X-Forwarded-Proto")
        if let scheme = fields.only(.xForwardedProto), scheme.isForwardedScheme {
            writer.text(scheme)
        } else {
            writer.literal("http")
        }
        writer.end()
        writer.begin("X-Forwarded-Host")
        if let claimed = fields.only(.xForwardedHost), claimed.isAuthority {
            writer.text(claimed)
        } else {
            writer.text(host)
        }
        writer.end()
        if let port = fields.only(.xForwardedPort), let number = port.decimal, number <= UInt64(UInt16.max) {
            writer.begin("X-Forwarded-Port")
            writer.decimal(number)
            writer.end()
        }
        writer.begin("Forwarded")
        copyList(.forwarded, of: fields, to: &writer)
        forwardedElement(client, isBracketed: peer.needsBrackets, host, to: &writer)
        writer.add(via)
    }

    /// The elements of all lines of a list, with a comma after them.
    private static func copyList(_ name: FieldName, of fields: borrowing Fields, to writer: inout FieldWriter) {
        for i in 0..<fields.count where fields[i].id == name && !fields[i].value.isEmpty {
            writer.text(fields[i].value)
            writer.literal(", ")
        }
    }

    /// Whether a field ends at this hop: it always does, or `Connection` names it (RFC 9110 §7.6.1). `Via` goes on.
    @inline(__always)
    private static func isHopByHop(
        _ field: borrowing Field, of fields: borrowing Fields, _ namesFields: Bool
    ) -> Bool {
        field.id.isHopByHop || (namesFields && field.id != .via && fields.isNamedByConnection(field))
    }

    /// Fields that the proxy writes itself, so that what came is not passed on. `Via` is not among them: it grows.
    private static func isOurs(_ id: FieldName) -> Bool {
        switch id {
        case .host, .expect, .forwarded, .xForwardedFor, .xForwardedHost, .xForwardedProto, .xForwardedPort,
            .xForwardedServer, .xRealIP:
            true
        default: false
        }
    }

    /// Whether the proxy writes or drops a field of this name as it must, so that nobody else may have a say in it.
    static func isReserved(_ name: Span<UInt8>) -> Bool {
        isAlias(name, [.requestID, .timeout, .traceparent, .tracestate]) || FieldName(name) == .date
    }

    /// Whether a name with `_` or `.` is one that stands for a framing or forwarding field, or one that is replaced.
    private static func isAlias(_ name: Span<UInt8>, _ replaced: RequestIdentity.Replaced) -> Bool {
        if name.count > 32 { return false }
        var canonical = InlineArray<32, UInt8>(repeating: 0)
        for i in name.indices {
            canonical[i] = name[i] == UInt8(ascii: "_") || name[i] == UInt8(ascii: ".") ? UInt8(ascii: "-") : name[i]
        }
        let id = FieldName(canonical.span.extracting(0..<name.count))
        return isOurs(id) || id.isHopByHop || id == .via || replaced.names(id)
    }

    // MARK: Changes

    private static func drops(_ field: borrowing Field, _ rules: FieldRules?, _ policy: AnyPolicy?) -> Bool {
        if let rules, rules.drops(field) { return true }
        return policy?.fields.drops(field.name) ?? false
    }

    /// Adds what the configuration adds, unless the policy has it left out, and what the policy does.
    private static func add(_ rules: FieldRules?, _ policy: AnyPolicy?, to writer: inout FieldWriter) {
        guard let policy else {
            if let rules { writer.add(rules.added) }
            return
        }
        rules?.added.forEach { name, value in if !policy.fields.drops(name) { writer.add(token: name, value) } }
        policy.fields.write(to: &writer)
    }

    // MARK: To the client

    /// Copies the end-to-end fields of a response and says which origin gave it, and to what.
    static func response(
        _ response: borrowing ResponseHead, to identity: borrowing RequestIdentity, from origin: Origin,
        by proxy: ProxyLoop, rules: FieldRules? = nil, policy: AnyPolicy? = nil, to writer: inout FieldWriter
    ) {
        let fields = response.fields
        let hasChanges = rules != nil || policy != nil
        let namesFields = response.connection.contains(.names)
        for i in 0..<fields.count {
            let field = fields[i]
            if isHopByHop(field, of: fields, namesFields) { continue }
            if field.name.count == proxy.originName.count, isOrigin(field, proxy) { continue }
            if hasChanges, drops(field, rules, policy) { continue }
            if field.id == .xRequestID, !identity.id.isEmpty { continue }
            writer.copy(field)
        }
        if hasChanges { add(rules, policy, to: &writer) }
        writer.add(origin.fields)
        writer.add(response.minorVersion == 1 ? proxy.via : proxy.viaHTTP10)
        identity.answer(to: &writer)
    }

    /// Copies the end-to-end fields of an interim response.
    static func interim(_ response: borrowing ResponseHead, to writer: inout FieldWriter) {
        let fields = response.fields
        let namesFields = response.connection.contains(.names)
        for i in 0..<fields.count {
            let field = fields[i]
            if isHopByHop(field, of: fields, namesFields) { continue }
            writer.copy(field)
        }
    }

    /// An origin does not get to say in our field who it is.
    private static func isOrigin(_ field: borrowing Field, _ proxy: ProxyLoop) -> Bool {
        if let id = proxy.originField, id != .other { return field.id == id }
        let name = proxy.originName
        return field.name.isSameName(as: name.span)
    }

    // MARK: Loops

    /// Whether this proxy is the last that the request may reach (RFC 9110 §7.6.2).
    static func mayNotGoOn(_ request: borrowing RequestHead) -> Bool {
        guard request.method.countsForwards else { return false }
        let fields = request.fields
        for i in 0..<fields.count where fields[i].id == .maxForwards && fields[i].value.decimal == 0 { return true }
        return false
    }

    /// Whether the request has come through this very proxy before (RFC 9110 §7.6.3).
    static func hasPassed(_ request: borrowing RequestHead, pseudonym: [UInt8]) -> Bool {
        let fields = request.fields
        for i in 0..<fields.count where fields[i].id == .via {
            if fields[i].value.containsWord(pseudonym.span) { return true }
        }
        return false
    }
}

extension Span<UInt8> {
    /// What `X-Forwarded-Proto` says in the field.
    fileprivate var isForwardedScheme: Bool {
        equalsIgnoringCase("https") || equalsIgnoringCase("http") || equalsIgnoringCase("wss")
            || equalsIgnoringCase("ws")
    }
}

extension Method {
    /// Methods for which `Max-Forwards` counts (RFC 9110 §7.6.2); with any other it is a field like all the rest.
    var countsForwards: Bool { self == .options || self == .trace }
}
