// SPDX-License-Identifier: Apache-2.0
import Testing

@testable import EventHTTP

struct ListElementsTests {
    static let lists: [(String, [String])] = [
        ("", [""]), ("a", ["a"]), ("a,b", ["a", "b"]), ("a, b", ["a", "b"]), (" a\t,\t b ", ["a", "b"]),
        (",", ["", ""]), (",a", ["", "a"]), ("a,", ["a", ""]), ("a,,b", ["a", "", "b"]), (" , ", ["", ""]),
        ("\t", [""]), ("a b , c", ["a b", "c"]), ("timeout=5, max=100", ["timeout=5", "max=100"]),
        ("a\u{b},b", ["a\u{b}", "b"]), ("\u{a0}a,b", ["\u{a0}a", "b"]),
    ]

    @Test(arguments: lists)
    func `a list comes apart at its commas`(_ list: String, _ wanted: [String]) {
        let elements = guarded(raw(list)) { bytes in
            var result: [String] = []
            var elements = ListElements(bytes)
            while let element = elements.next() { result.append(text(element)) }
            if elements.next() != nil { result.append("something after the end") }
            return result
        }
        #expect(elements == wanted)
    }

    static let connections: [(String, ConnectionOptions)] = [
        ("", []), ("close", .close), ("CLOSE", .close), (" close\t", .close), ("keep-alive", .keepAlive),
        ("Keep-Alive, Upgrade", [.keepAlive, .upgrade]), ("close, keep-alive", [.close, .keepAlive]),
        ("upgrade", .upgrade), ("x-a", .names), ("close,x-a", [.close, .names]), (",,", []), ("closed", .names),
        ("clos", .names), ("close;a", .names), ("\"close\"", .names), ("keep_alive", .names),
        ("content-length", .names),
        ("host, close", [.close, .names]), ("close close", .names),
    ]

    @Test(arguments: connections)
    func `S28: Connection says what becomes of the connection and whether it names fields`(
        _ value: String, _ wanted: ConnectionOptions
    ) {
        let options = guarded(raw(value)) { bytes in
            var options = ConnectionOptions()
            options.add(bytes)
            return options
        }
        #expect(options == wanted)
    }
}
