// SPDX-License-Identifier: Apache-2.0
internal import EventHTTP
internal import HTTPTypes

extension HTTPRequest {
    /// What a head says, as a value that can be kept. The authority stands for `Host`, as in HTTP/2.
    init(_ head: borrowing RequestHead) {
        let target = head.target.text
        self.init(
            method: HTTPRequest.Method(head), scheme: "http", authority: head.authority?.text,
            path: head.needsSlash ? "/" + target : target)
        headerFields.append(head.fields, except: .host)
    }
}

extension HTTPFields {
    /// Adds the fields of a parsed head.
    mutating func append(_ fields: borrowing Fields, except left: FieldName? = nil) {
        reserveCapacity(count + fields.count)
        for i in 0..<fields.count {
            let field = fields[i]
            if field.id == left { continue }
            guard let name = HTTPField.Name(field) else { continue }
            append(HTTPField(name: name, field.value))
        }
    }
}

extension HTTPRequest.Method {
    fileprivate init(_ head: borrowing RequestHead) {
        self =
            switch head.method {
            case .get: .get
            case .head: .head
            case .post: .post
            case .put: .put
            case .delete: .delete
            case .connect: .connect
            case .options: .options
            case .trace: .trace
            case .patch: .patch
            // The parser has found it to be a token.
            case .other: HTTPRequest.Method(head.methodToken.text) ?? .get
            }
    }
}

extension HTTPField {
    fileprivate init(name: Name, _ value: Span<UInt8>) {
        if let text = value.validText {
            self.init(name: name, value: text)
        } else {
            // Bytes that are no UTF-8 are kept as they are (RFC 9110 §5.5, obs-text).
            self.init(name: name, lenientValue: [UInt8](copying: value))
        }
    }
}

extension HTTPField.Name {
    /// Names that nearly every request has are there already; others cost a string or two.
    fileprivate init?(_ field: borrowing Field) {
        switch field.id {
        case .accept: self = .accept
        case .acceptEncoding: self = .acceptEncoding
        case .authorization: self = .authorization
        case .cacheControl: self = .cacheControl
        case .connection: self = .connection
        case .contentLength: self = .contentLength
        case .contentType: self = .contentType
        case .cookie: self = .cookie
        case .ifModifiedSince: self = .ifModifiedSince
        case .ifNoneMatch: self = .ifNoneMatch
        case .range: self = .range
        case .transferEncoding: self = .transferEncoding
        case .upgrade: self = .upgrade
        case .userAgent: self = .userAgent
        default: self.init(field.name.text)
        }
    }
}

extension Span where Element == UInt8 {
    fileprivate var validText: String? {
        guard let text = try? UTF8Span(validating: self) else { return nil }
        return String(copying: text)
    }

    /// As UTF-8; what is none becomes U+FFFD.
    var text: String {
        validText ?? String(decoding: [UInt8](copying: self), as: UTF8.self)
    }
}

extension FieldWriter {
    /// The fields of a message. The engine adds those that frame it.
    mutating func add(_ fields: HTTPFields, except left: FieldName? = nil) {
        for field in fields {
            let name = field.name.rawName.utf8
            if let left, FieldName(name.span) == left { continue }
            let value = field.value.utf8
            add(token: name.span, value.span)
        }
    }
}
