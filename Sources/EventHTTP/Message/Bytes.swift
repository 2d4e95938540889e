// SPDX-License-Identifier: Apache-2.0

/// Comparing bytes of a message with text, without making a String.
extension Span where Element == UInt8 {
    /// Whether the bytes are exactly those of `text`.
    @_optimize(speed)
    public func equals(_ text: StaticString) -> Bool {
        count == text.utf8CodeUnitCount && ByteScanner.equal(self, text, caseMask: 0)
    }

    /// Whether the bytes are those of `text`, which is in lower case, letter case aside.
    @_optimize(speed)
    public func equalsIgnoringCase(_ text: StaticString) -> Bool {
        count == text.utf8CodeUnitCount && ByteScanner.equal(self, text, caseMask: 0x20)
    }

    /// Whether the bytes begin with those of `text`.
    public func hasPrefix(_ text: StaticString) -> Bool {
        count >= text.utf8CodeUnitCount
            && ByteScanner.equal(extracting(0..<text.utf8CodeUnitCount), text, caseMask: 0)
    }

    /// The bytes after the first `count`.
    @_lifetime(copy self)
    public func dropping(_ count: Int) -> Span<UInt8> {
        extracting(count..<self.count)
    }

    /// The position of the first `byte` at or after `start`; nil when there is none.
    public func firstIndex(of byte: UInt8, from start: Int = 0) -> Int? {
        ByteScanner.firstIndex(of: byte, in: self, from: start)
    }

    /// Whether two field names are the same, letter case aside (RFC 9110 §5.1).
    package func isSameName(as other: Span<UInt8>) -> Bool {
        ByteScanner.equalIgnoringCase(self, other)
    }

    /// Whether `word` stands in the bytes, with no token character before or after it.
    package func containsWord(_ word: Span<UInt8>) -> Bool {
        var start = 0
        while start + word.count <= count {
            if ByteScanner.equalIgnoringCase(extracting(start..<start + word.count), word),
                start == 0 || !ByteScanner.isToken(self[start - 1]),
                start + word.count == count || !ByteScanner.isToken(self[start + word.count])
            {
                return true
            }
            start += 1
        }
        return false
    }

    /// The decimal number that the bytes are: digits only, no sign, no overflow (RFC 9110 §8.6); else nil.
    public var decimal: UInt64? {
        if isEmpty { return nil }
        var number: UInt64 = 0
        for i in indices {
            let digit = self[i] &- 0x30
            if digit > 9 { return nil }
            let (tens, overflow) = number.multipliedReportingOverflow(by: 10)
            let (sum, carry) = tens.addingReportingOverflow(UInt64(digit))
            if overflow || carry { return nil }
            number = sum
        }
        return number
    }
}

/// Lets `switch request.path { case "/fail": … }` compare bytes.
public func ~= (text: StaticString, bytes: Span<UInt8>) -> Bool {
    bytes.equals(text)
}

/// Whether the bytes are exactly those of `text`.
public func == (bytes: Span<UInt8>, text: StaticString) -> Bool {
    bytes.equals(text)
}

/// Whether there are any bytes, and exactly those of `text`.
public func == (bytes: Span<UInt8>?, text: StaticString) -> Bool {
    switch bytes {
    case let bytes?: bytes.equals(text)
    case nil: false
    }
}
