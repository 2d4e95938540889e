// SPDX-License-Identifier: Apache-2.0
internal import EventHTTP

/// The answers of this server, with their fields prepared: nothing is allocated for one.
final class Answers {
    private let json = FieldLines(["Server": "Jeju", "Content-Type": "application/json"])
    private let refusal = FieldLines(["Server": "Jeju", "Content-Type": "application/json", "Allow": "GET, HEAD"])
    private let bytes = FieldLines(["Server": "Jeju", "Content-Type": "application/octet-stream"])
    private let bare = FieldLines(["Server": "Jeju"])

    /// JSON that the program has.
    func answer(_ exchange: consuming Exchange, _ status: Status, _ text: StaticString) {
        exchange.respond(status, text) { $0.add(json) }
    }

    /// JSON that was made.
    func answer(_ exchange: consuming Exchange, _ status: Status, _ text: Span<UInt8>) {
        exchange.respond(status, text) { $0.add(json) }
    }

    /// An answer that tells which methods would do.
    func refuse(_ exchange: consuming Exchange, _ status: Status, _ text: StaticString) {
        exchange.respond(status, text) { $0.add(refusal) }
    }

    /// `{"status": 503}`, or nothing where nothing may be.
    func answer(_ exchange: consuming Exchange, status: Status) {
        let code = status.code
        if status.isBodiless || code == 205 { return exchange.respond(status, "") { $0.add(bare) } }
        var text: InlineArray<15, UInt8> = [
            0x7b, 0x22, 0x73, 0x74, 0x61, 0x74, 0x75, 0x73, 0x22, 0x3a, 0x20, 0x30, 0x30, 0x30, 0x7d,
        ]
        text[11] += UInt8(code / 100)
        text[12] += UInt8(code / 10 % 10)
        text[13] += UInt8(code % 10)
        let fields = code == Status.methodNotAllowed.code ? refusal : json
        exchange.respond(status, text.span) { $0.add(fields) }
    }

    /// Begins an answer of `count` bytes.
    func begin(_ exchange: consuming Exchange, bytes count: UInt64) -> BodyWriter {
        exchange.begin(.ok, length: count) { $0.add(bytes) }
    }
}
