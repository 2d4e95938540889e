// SPDX-License-Identifier: Apache-2.0

/// What a document may cost, whoever wrote it.
enum YAMLLimits {
    /// A configuration is kilobytes; a megabyte is some other file.
    static let documentBytesMax = 1024 * 1024
    /// Mappings and lists within each other; the configuration itself needs 7.
    static let depthMax = 16
    /// Keys and values together, which bounds the memory of the tree.
    static let nodesMax = 65_536
}

/// Builds the tree of one document, refusing what a configuration has no use for: anchors and aliases (a few lines can
/// expand to gigabytes), tags (types by name) and further documents (which other readers silently ignore).
struct YAMLDocument: ~Copyable {
    private var reader: YAMLReader
    private var depth = 0
    private var nodes = 0

    /// The tree of `bytes`; `nil` if there is no value in it. Refused features are reported to `findings` and reading
    /// goes on; throws where it cannot.
    static func read(_ bytes: [UInt8], _ findings: inout Findings) throws(YAMLSyntaxError) -> YAMLNode? {
        guard bytes.count <= YAMLLimits.documentBytesMax else {
            let message = "the file is larger than \(YAMLLimits.documentBytesMax) bytes; is it the right one?"
            throw YAMLSyntaxError(position: SourcePosition(line: 1, column: 1), message: message)
        }
        // A byte order mark is no character of the first line to editors, but would be to libyaml.
        let mark: [UInt8] = [0xEF, 0xBB, 0xBF]
        let text = bytes.starts(with: mark) ? Array(bytes.dropFirst(mark.count)) : bytes
        var document = YAMLDocument(reader: YAMLReader(text))
        do throws(YAMLSyntaxError) {
            return try document.root(&findings)
        } catch {
            let remedy = remedy(error, text).map { "; " + $0 } ?? ""
            throw YAMLSyntaxError(position: error.position, message: error.message + remedy)
        }
    }

    private init(reader: consuming YAMLReader) {
        self.reader = reader
    }

    private mutating func root(_ findings: inout Findings) throws(YAMLSyntaxError) -> YAMLNode? {
        var root: YAMLNode?
        var documents = 0
        while true {
            let event = try reader.next()
            switch event.kind {
            case .streamStart, .documentEnd: continue
            case .streamEnd: return root
            case .documentStart:
                documents += 1
                guard documents == 1 else {
                    findings.report(event.position, "a second document starts here; the file must hold one")
                    return root
                }
            default: root = try node(event, &findings)
            }
        }
    }

    /// The value that begins with `event`; reads up to its end.
    private mutating func node(_ event: YAMLEvent, _ findings: inout Findings) throws(YAMLSyntaxError) -> YAMLNode {
        nodes += 1
        guard nodes <= YAMLLimits.nodesMax else {
            throw YAMLSyntaxError(
                position: event.position, message: "the file holds more than \(YAMLLimits.nodesMax) keys and values")
        }
        if event.kind == .alias {
            let name = (event.anchor ?? "").quotedForMessage
            findings.report(event.position, "the alias \(name) is not allowed; repeat the value")
            return YAMLNode(content: .refused, position: event.position)
        }
        if let anchor = event.anchor {
            findings.report(event.position, "the anchor \(anchor.quotedForMessage) is not allowed; remove it")
        }
        depth += 1
        defer { depth -= 1 }
        guard depth <= YAMLLimits.depthMax else {
            throw YAMLSyntaxError(
                position: event.position, message: "values are nested more than \(YAMLLimits.depthMax) levels deep")
        }
        let content: YAMLNode.Content
        switch event.kind {
        case .scalar(let scalar): content = .scalar(scalar)
        case .sequenceStart: content = .sequence(try sequence(&findings))
        case .mappingStart: content = .mapping(try mapping(&findings))
        default: preconditionFailure("libyaml begins no value with \(event.kind)")
        }
        if let tag = event.tag {
            findings.report(event.position, "the tag \(tag.quotedForMessage) is not allowed; remove it")
            return YAMLNode(content: .refused, position: event.position)
        }
        return YAMLNode(content: content, position: event.position)
    }

    private mutating func sequence(_ findings: inout Findings) throws(YAMLSyntaxError) -> [YAMLNode] {
        var items: [YAMLNode] = []
        while true {
            let event = try reader.next()
            if event.kind == .sequenceEnd { return items }
            items.append(try node(event, &findings))
        }
    }

    private mutating func mapping(_ findings: inout Findings) throws(YAMLSyntaxError) -> [YAMLEntry] {
        var entries: [YAMLEntry] = []
        while true {
            let event = try reader.next()
            if event.kind == .mappingEnd { return entries }
            let key = try node(event, &findings)
            entries.append(YAMLEntry(key: key, value: try node(try reader.next(), &findings)))
        }
    }
}

/// What to do about the two most common errors, of which libyaml's words are true and no help.
private func remedy(_ error: YAMLSyntaxError, _ text: [UInt8]) -> String? {
    if indentsWithTab(text, line: error.position.line) { return "indent with spaces, not with tabs" }
    if error.message.hasSuffix("mapping values are not allowed in this context") {
        return "a text with a colon at its end or before a space needs quotes"
    }
    return nil
}

private func indentsWithTab(_ bytes: [UInt8], line: Int) -> Bool {
    let lines = bytes.split(separator: UInt8(ascii: "\n"), maxSplits: line, omittingEmptySubsequences: false)
    guard line <= lines.count else { return false }
    let indentation = lines[line - 1].prefix { $0 == UInt8(ascii: " ") || $0 == UInt8(ascii: "\t") }
    return indentation.contains(UInt8(ascii: "\t"))
}
