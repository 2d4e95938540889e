// SPDX-License-Identifier: Apache-2.0
import EventHTTP
import Testing

@testable import EventProxy

struct ProxyFieldsTests {
    /// What the changes add to a message.
    private func written(_ fields: borrowing ProxyFields) -> String {
        let pool = BufferPool()
        var writer = FieldWriter(Buffer(), pool: pool)
        fields.write(to: &writer)
        var buffer = writer.take()
        let text = String(decoding: [UInt8](copying: buffer.bytes), as: UTF8.self)
        buffer.release(to: pool)
        return text
    }

    private func written(_ change: (inout ProxyFields) -> Void) -> String {
        var fields = ProxyFields()
        change(&fields)
        return written(fields)
    }

    @Test(
        arguments: [
            "Connection", "keep-alive", "Content-Length", "Transfer-Encoding", "transfer_encoding", "TE", "Trailer",
            "Upgrade", "Proxy-Connection", "Host", "host", "Expect", "Via", "Forwarded", "X-Forwarded-For",
            "X_Forwarded.For", "X-Real-IP", "Date", "X-Request-ID", "traceparent", "", "a b", "a:b", "a\r\nb", "ä",
        ])
    func `a field that is no token, frames the message or is the proxy's own stays as it is`(name: String) {
        var fields = ProxyFields()
        let allowed = [fields.set(name, "x"), fields.add(name, "x"), fields.remove(name)]
        #expect(allowed == [false, false, false])
        let (refused, isDropped) = (fields.refused, fields.drops(Array(name.utf8).span))
        #expect(refused == name && !isDropped)
        fields.removeAll()
        let after = fields.refused
        #expect(after == nil)
    }

    @Test(arguments: ["a\r\nb", "a\nb", "\0", "\u{7F}", "\u{1B}[m"])
    func `a value that would end its line is refused`(value: String) {
        var fields = ProxyFields()
        let allowed = [fields.set("X-A", value), fields.add("X-A", value)]
        #expect(allowed == [false, false])
        #expect(written(fields) == "")
    }

    @Test func `one change is made after the other`() {
        let added = written {
            $0.add("X-A", "1")
            $0.add("x-a", "2")
            $0.set("X-B", "3")
        }
        #expect(added == "X-A: 1\r\nx-a: 2\r\nX-B: 3\r\n")
        let replaced = written {
            $0.add("X-A", "1")
            $0.set("x-a", "2")
            $0.add("X-A", "3")
        }
        #expect(replaced == "x-a: 2\r\nX-A: 3\r\n")
        let removed = written {
            $0.set("X-A", "1")
            $0.remove("X-a")
        }
        #expect(removed == "")
    }

    @Test func `what is set or removed does not go on, and what is added does`() {
        var fields = ProxyFields()
        fields.set("X-Set", "1")
        fields.remove("X-Gone")
        fields.add("X-More", "2")
        let dropped = ["x-set", "X-GONE", "x-more", "x-other"].map { fields.drops(Array($0.utf8).span) }
        #expect(dropped == [true, true, false, false])
    }

    @Test func `changes are limited in number and size`() {
        var fields = ProxyFields()
        var allowed = (0...ProxyFields.changesMax).map { fields.add("X-A", "\($0)") }
        #expect(allowed.removeLast() == false && allowed.allSatisfy(\.self))
        fields.removeAll()
        allowed = [fields.add("X-A", String(repeating: "a", count: ProxyFields.bytesMax - 3)), fields.add("X", "")]
        #expect(allowed == [true, false])
    }
}
