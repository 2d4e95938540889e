// SPDX-License-Identifier: Apache-2.0
import EventHTTP
import TestSupport

/// Follows an exchange: keeps its token, and what it was told. Made and used on the loop's thread; what it was told can
/// be read on any.
final class ExchangeRecorder: ExchangeObserver, @unchecked Sendable {
    let events = Shared<[String]>([])
    let body = Shared<[UInt8]>([])
    var exchange: Exchange?
    var writer: BodyWriter?
    /// Called with this recorder after each event.
    var then: ((ExchangeRecorder, String) -> Void)?

    func keep(_ exchange: consuming Exchange) {
        exchange.observe(self)
        self.exchange = consume exchange
    }

    private func note(_ event: String) {
        events.change { $0.append(event) }
        then?(self, event)
    }

    func requestBody(_ bytes: Span<UInt8>) {
        let piece = array(bytes)
        body.change { $0 += piece }
        note("body")
    }

    func requestEnded(_ trailers: borrowing Fields) { note("ended") }
    func responseDrained() { note("drained") }

    func exchangeFailed(_ failure: ExchangeFailure) {
        note("failed \(failure)")
        _ = exchange.take()
        drop(writer.take())
    }

    func drop(_ writer: consuming BodyWriter?) {}

    func respond(_ text: StaticString) { exchange.take()?.respond(.ok, text) }

    func finish() { writer.take()?.finish() }

    /// Waits until `events` has what is looked for.
    func wait(for event: String) throws {
        _ = try eventually(10, event) { events.current.contains { $0.hasPrefix(event) } ? true : nil }
    }
}

func head(_ target: String = "/", _ fields: String = "", method: String = "GET", version: String = "1.1") -> String {
    "\(method) \(target) HTTP/\(version)\r\nHost: test\r\n\(fields)\r\n"
}
