// SPDX-License-Identifier: Apache-2.0

/// Walks the elements of a comma-separated list (RFC 9110 §5.6.1), without white space around them.
package struct ListElements: ~Escapable {
    private let value: Span<UInt8>
    private var position = 0

    @_lifetime(copy value)
    package init(_ value: Span<UInt8>) {
        self.value = value
    }

    /// The next element, which may be empty; nil after the last.
    @_lifetime(copy self)
    package mutating func next() -> Span<UInt8>? {
        guard position <= value.count else { return nil }
        let comma = value.firstIndex(of: UInt8(ascii: ","), from: position) ?? value.count
        var start = position
        var end = comma
        while start < end, FieldParser.isSpace(value[start]) { start += 1 }
        while end > start, FieldParser.isSpace(value[end - 1]) { end -= 1 }
        position = comma + 1
        return value.extracting(start..<end)
    }
}

/// Walks the elements of a comma-separated list from its end, without white space around them.
package struct ReversedListElements: ~Escapable {
    private let value: Span<UInt8>
    /// Where the element that is next ends; before 0 when there is none.
    private var end: Int

    @_lifetime(copy value)
    package init(_ value: Span<UInt8>) {
        self.value = value
        end = value.count
    }

    /// The element before, which may be empty; nil after the first.
    @_lifetime(copy self)
    package mutating func next() -> Span<UInt8>? {
        guard end >= 0 else { return nil }
        var start = end
        while start > 0, value[start - 1] != UInt8(ascii: ",") { start -= 1 }
        var last = end
        end = start - 1
        while start < last, FieldParser.isSpace(value[start]) { start += 1 }
        while last > start, FieldParser.isSpace(value[last - 1]) { last -= 1 }
        return value.extracting(start..<last)
    }
}

/// What a `Connection` field says (RFC 9110 §7.6.1), of all that it can.
package struct ConnectionOptions: OptionSet, Sendable {
    package let rawValue: UInt8
    package init(rawValue: UInt8) { self.rawValue = rawValue }
    package static let close = ConnectionOptions(rawValue: 1)
    package static let keepAlive = ConnectionOptions(rawValue: 2)
    package static let upgrade = ConnectionOptions(rawValue: 4)
    /// Names fields that are to be removed.
    package static let names = ConnectionOptions(rawValue: 8)

    mutating func add(_ value: Span<UInt8>) {
        var elements = ListElements(value)
        while let element = elements.next() {
            if element.equalsIgnoringCase("keep-alive") {
                insert(.keepAlive)
            } else if element.equalsIgnoringCase("close") {
                insert(.close)
            } else if element.equalsIgnoringCase("upgrade") {
                insert(.upgrade)
            } else if !element.isEmpty {
                insert(.names)
            }
        }
    }
}
