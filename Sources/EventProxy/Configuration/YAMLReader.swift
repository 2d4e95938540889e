// SPDX-License-Identifier: Apache-2.0
internal import CYAML

#if canImport(Glibc)
    internal import Glibc
#elseif canImport(Musl)
    internal import Musl
#elseif canImport(Darwin)
    internal import Darwin
#endif

// The one file of Configuration that touches C: it reads a file's bytes and turns libyaml's events into Swift values.
// Everything it hands out is a safe copy; no pointer leaves it.

/// An event of libyaml, copied.
struct YAMLEvent: Sendable, Equatable {
    enum Kind: Sendable, Equatable {
        case streamStart, streamEnd, documentStart, documentEnd
        case alias
        case scalar(YAMLScalar)
        case sequenceStart, sequenceEnd, mappingStart, mappingEnd
    }

    let kind: Kind
    let position: SourcePosition
    /// The name after `&`, or after `*` for an alias.
    let anchor: String?
    /// The tag with its handle resolved, such as `tag:yaml.org,2002:str` for `!!str`.
    let tag: String?
}

/// A text that is not YAML, in libyaml's words.
struct YAMLSyntaxError: Error, Sendable, Equatable {
    let position: SourcePosition
    let message: String
}

/// The events of one YAML text, pulled one at a time.
///
/// `@safe` because both pointers are owned: allocated and filled by `init`, freed by `deinit`, never handed out.
/// libyaml keeps pointers to its parser and to the text between calls, so both have an address of their own.
@safe struct YAMLReader: ~Copyable {
    private let parser: UnsafeMutablePointer<yaml_parser_t>
    private let text: UnsafeMutableBufferPointer<UInt8>

    init(_ bytes: [UInt8]) {
        unsafe parser = UnsafeMutablePointer<yaml_parser_t>.allocate(capacity: 1)
        unsafe text = UnsafeMutableBufferPointer<UInt8>.allocate(capacity: bytes.count)
        _ = unsafe text.initialize(fromContentsOf: bytes)
        // libyaml fails to initialize only when malloc does, and then so does all else.
        precondition(unsafe yaml_parser_initialize(parser) == 1, "out of memory")
        unsafe yaml_parser_set_input_string(parser, text.baseAddress, text.count)
        // Without this a byte order mark would select UTF-16, in which columns and offsets mean something else.
        unsafe yaml_parser_set_encoding(parser, YAML_UTF8_ENCODING)
    }

    deinit {
        unsafe yaml_parser_delete(parser)
        unsafe parser.deallocate()
        unsafe text.deallocate()
    }

    /// The next event. Must not be called again after `streamEnd` or an error.
    mutating func next() throws(YAMLSyntaxError) -> YAMLEvent {
        var event = unsafe yaml_event_t()
        guard unsafe yaml_parser_parse(parser, &event) == 1 else { throw syntaxError() }
        defer { unsafe yaml_event_delete(&event) }
        return unsafe copy(event)
    }

    private func copy(_ event: yaml_event_t) -> YAMLEvent {
        let kind: YAMLEvent.Kind
        var anchor: String?
        var tag: String?
        switch unsafe event.type {
        case YAML_STREAM_START_EVENT: kind = .streamStart
        case YAML_STREAM_END_EVENT: kind = .streamEnd
        case YAML_DOCUMENT_START_EVENT: kind = .documentStart
        case YAML_DOCUMENT_END_EVENT: kind = .documentEnd
        case YAML_ALIAS_EVENT:
            kind = .alias
            anchor = unsafe string(event.data.alias.anchor)
        case YAML_SCALAR_EVENT:
            let scalar = unsafe event.data.scalar
            let value = unsafe UnsafeBufferPointer(start: scalar.value, count: scalar.length)
            let isPlain = unsafe scalar.style == YAML_PLAIN_SCALAR_STYLE
            kind = unsafe .scalar(YAMLScalar(text: String(decoding: value, as: UTF8.self), isQuoted: !isPlain))
            anchor = unsafe string(scalar.anchor)
            tag = unsafe string(scalar.tag)
        case YAML_SEQUENCE_START_EVENT:
            kind = .sequenceStart
            anchor = unsafe string(event.data.sequence_start.anchor)
            tag = unsafe string(event.data.sequence_start.tag)
        case YAML_SEQUENCE_END_EVENT: kind = .sequenceEnd
        case YAML_MAPPING_START_EVENT:
            kind = .mappingStart
            anchor = unsafe string(event.data.mapping_start.anchor)
            tag = unsafe string(event.data.mapping_start.tag)
        case YAML_MAPPING_END_EVENT: kind = .mappingEnd
        default: preconditionFailure("libyaml has no other events")
        }
        let position = unsafe position(event.start_mark)
        return YAMLEvent(kind: kind, position: position, anchor: anchor, tag: tag)
    }

    private func syntaxError() -> YAMLSyntaxError {
        let problem = unsafe parser.pointee.problem
        var message = unsafe "invalid YAML: " + (problem.map { unsafe String(cString: $0) } ?? "unknown problem")
        // The reader, which decodes UTF-8, knows only a byte offset; the scanner and the parser know a place.
        guard unsafe parser.pointee.error != YAML_READER_ERROR else {
            let offset = unsafe parser.pointee.problem_offset
            let before = unsafe UnsafeBufferPointer(rebasing: text.prefix(offset))
            let position = unsafe Self.position(after: Array(before))
            return YAMLSyntaxError(position: position, message: message + "; the file must be UTF-8 text")
        }
        let place = unsafe position(parser.pointee.problem_mark)
        if let context = unsafe parser.pointee.context {
            let start = unsafe position(parser.pointee.context_mark)
            unsafe message += " " + String(cString: context)
            if start != place { message += " that starts on line \(start.line)" }
        }
        return YAMLSyntaxError(position: place, message: message)
    }

    private func string(_ text: UnsafeMutablePointer<yaml_char_t>?) -> String? {
        guard let text = unsafe text else { return nil }
        return unsafe String(cString: text)
    }

    /// libyaml counts lines and columns from 0.
    private func position(_ mark: yaml_mark_t) -> SourcePosition {
        SourcePosition(line: mark.line + 1, column: mark.column + 1)
    }

    /// The place of the character that follows `bytes`.
    private static func position(after bytes: [UInt8]) -> SourcePosition {
        var position = SourcePosition(line: 1, column: 1)
        for byte in bytes {
            if byte == UInt8(ascii: "\n") {
                position = SourcePosition(line: position.line + 1, column: 1)
            } else if byte & 0xC0 != 0x80 {
                position.column += 1
            }
        }
        return position
    }
}

/// A file that cannot be read.
struct FileError: Error, Sendable, Equatable {
    /// What failed: `open` or `read`.
    let operation: String
    let code: Int32
    /// What the system says about `code`.
    let text: String

    var isForbidden: Bool { code == EACCES || code == EPERM }
}

/// The bytes of the file at `path`, at most `bytesMax` of them. Blocks: configuration is read before a loop runs, or
/// off it.
func readFile(_ path: String, bytesMax: Int) throws(FileError) -> [UInt8] {
    // C ends the path at its first NUL and would open another file than the one named.
    guard !path.utf8.contains(0) else { throw fileError("open", ENOENT) }
    var descriptor: Int32
    repeat { descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC) } while descriptor < 0 && errno == EINTR
    guard descriptor >= 0 else { throw fileError("open", errno) }
    defer { close(descriptor) }
    var bytes: [UInt8] = []
    var chunk = [UInt8](repeating: 0, count: min(bytesMax, 64 * 1024))
    while bytes.count < bytesMax {
        let wanted = min(chunk.count, bytesMax - bytes.count)
        let count = unsafe chunk.withUnsafeMutableBytes { unsafe read(descriptor, $0.baseAddress, wanted) }
        if count < 0 && errno == EINTR { continue }
        guard count >= 0 else { throw fileError("read", errno) }
        if count == 0 { break }
        bytes += chunk[..<count]
    }
    return bytes
}

private func fileError(_ operation: String, _ code: Int32) -> FileError {
    FileError(operation: operation, code: code, text: unsafe String(cString: strerror(code)))
}
