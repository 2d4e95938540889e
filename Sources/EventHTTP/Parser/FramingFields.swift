// SPDX-License-Identifier: Apache-2.0

/// What the fields of a head say about where its content ends: collected line by line, judged once.
struct FramingFields {
    private enum Coding {
        case absent, chunked, unknown, malformed
    }

    private var coding = Coding.absent
    private var contentLength: UInt64?
    private var isContentLengthInvalid = false

    /// Any second Content-Length is refused, even one that says the same (RFC 9110 §8.6 lets us).
    mutating func addContentLength(_ value: Span<UInt8>) {
        let isPadded = value.count > 1 && value[0] == UInt8(ascii: "0")
        if contentLength != nil || isPadded { isContentLengthInvalid = true }
        // Beyond 2^63 - 1 no sum or signed offset of ours would hold it.
        guard let number = value.decimal, number <= UInt64(Int64.max) else {
            isContentLengthInvalid = true
            return
        }
        contentLength = number
    }

    /// Only the one coding `chunked`, once, is understood (RFC 9112 §6.1).
    mutating func addTransferEncoding(_ value: Span<UInt8>) {
        guard coding == .absent else {
            coding = .malformed
            return
        }
        if value.equalsIgnoringCase("chunked") {
            coding = .chunked
            return
        }
        coding = .unknown
        var elements = ListElements(value)
        var isLastChunked = false
        while let element = elements.next() {
            // After chunked nothing can follow, and an element that is no token is not a coding we could name.
            if isLastChunked || ByteScanner.tokenEnd(element, from: 0).end != element.count || element.isEmpty {
                coding = .malformed
            }
            isLastChunked = element.equalsIgnoringCase("chunked")
        }
        if !isLastChunked { coding = .malformed }
    }

    /// RFC 9112 §6.3 for a request.
    func request(minorVersion: UInt8) throws(ParseError) -> BodyFraming {
        if isContentLengthInvalid { throw .contentLength }
        switch (coding, contentLength) {
        case (.absent, nil): return .none
        case (.absent, let length?): return length == 0 ? .none : .length(length)
        case (.malformed, _): throw .transferEncoding
        case (.unknown, _): throw .transferCodingUnknown
        case (.chunked, let length):
            if length != nil || minorVersion == 0 { throw .conflictingFraming }
            return .chunked
        }
    }

    /// RFC 9112 §6.3 for a response to a request with `method`.
    func response(to method: Method, status: Status, minorVersion: UInt8) throws(ParseError) -> BodyFraming {
        if isContentLengthInvalid { throw .contentLength }
        if coding != .absent {
            if coding != .chunked { throw .transferEncoding }
            if contentLength != nil || minorVersion == 0 { throw .conflictingFraming }
        }
        if status == .switchingProtocols { return .tunnel }
        if status.isBodiless || method == .head { return .none }
        if coding == .chunked { return .chunked }
        guard let length = contentLength else { return .untilClose }
        return length == 0 ? .none : .length(length)
    }

    /// What a head says of a length that is not sent: in an answer to HEAD, or in 304.
    var announcedLength: UInt64? { contentLength }
}
