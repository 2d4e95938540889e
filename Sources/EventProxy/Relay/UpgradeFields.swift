// SPDX-License-Identifier: Apache-2.0
internal import EventHTTP

extension RequestHead {
    /// Whether the request asks for the one protocol that is let through (RFC 9110 §7.8, RFC 6455 §4.1).
    var asksForWebSocket: Bool {
        guard minorVersion == 1, hasUpgrade, connection.contains(.upgrade), framing == .none, method == .get else {
            return false
        }
        return fields.first(.upgrade)?.equalsIgnoringCase("websocket") ?? false
    }
}

extension ResponseHead {
    /// Whether 101 switches to what was asked for. Another protocol must not be (RFC 9110 §7.8).
    var switchesToWebSocket: Bool {
        fields.first(.upgrade)?.equalsIgnoringCase("websocket") ?? false
    }
}

extension Fields {
    /// `TE: trailers`: the client can take trailers (RFC 9110 §10.1.4).
    var acceptsTrailers: Bool {
        for i in 0..<count where self[i].id == .te {
            var elements = ListElements(self[i].value)
            while let element = elements.next() {
                if element.equalsIgnoringCase("trailers") { return true }
            }
        }
        return false
    }
}

extension FieldWriter {
    /// The protocol that the origin switched to.
    mutating func copyUpgrade(_ fields: borrowing Fields) {
        for i in 0..<fields.count where fields[i].id == .upgrade { line(fields[i]) }
    }
}
