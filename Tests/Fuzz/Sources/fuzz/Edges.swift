// SPDX-License-Identifier: Apache-2.0
@testable import EventHTTP
@testable import EventProxy

/// A PROXY header is the same however it came, ends within the bytes, and leaves what follows alone.
func fuzzProxyHeader(_ input: [UInt8]) {
    func parse(_ bytes: some Collection<UInt8>) -> Result<ProxyHeader?, ProxyHeaderError> {
        exactly(bytes) { bytes in Result { () throws(ProxyHeaderError) in try ProxyHeaderParser.parse(bytes) } }
    }
    let whole = parse(input)
    if case .success(let header?) = whole {
        promise(header.length > 0 && header.length <= min(input.count, ProxyHeaderParser.bytesMax), "\(header)")
        promise(parse(input.prefix(header.length)) == whole, "what follows changes it")
    }
    let half = parse(input.prefix(input.count / 2))
    if half != .success(nil) { promise(half == whole, "half of it says \(half), all of it \(whole)") }
}

/// The client of a request behind trusted proxies: never an address that nobody vouched for, never a crash.
func fuzzForwarded(_ input: [UInt8]) {
    guard let peer = SocketAddress("10.0.0.1", port: 1), let block = AddressBlock("10.0.0.0/8") else { return }
    let trusted = AddressBlocks([block])
    let text = Array("GET / HTTP/1.1\r\nHost: h\r\nX-Forwarded-For: ".utf8) + input + Array("\r\n\r\n".utf8)
    exactly(text) { bytes in
        var index = FieldIndex(capacity: ParserLimits.fieldsCapMax)
        guard let parsed = try? RequestParser.parse(bytes, limits: ParserLimits(), into: &index) else { return }
        let head = RequestHead(parsed, bytes: bytes, lines: index.lines.span)
        let client = trusted.client(of: head.fields, peer: peer)
        if trusted.contains(client) { return }
        promise(SocketAddress(client.host, port: 1) != nil, "\(client) is no address")
    }
}

/// What a resolver says of a service is records with names that are names, or nothing.
func fuzzService(_ input: [UInt8]) {
    guard let records = try? ServiceRecords(input) else { return }
    promise(records.records.count <= input.count / 19, "\(records.records.count) records")
    for record in records.records where !record.target.isEmpty {
        promise(record.target.utf8.count <= HostSyntax.nameCharactersMax, "\(record.target)")
        let isMade = record.target.utf8.allSatisfy { isLetter($0) || isDigit($0) || "-_.".utf8.contains($0) }
        promise(isMade, "\(record.target)")
    }
}

/// Any file is a configuration or has errors within it, each with a place in the file.
func fuzzConfiguration(_ input: [UInt8]) {
    if input.count > 8_192 { return }
    do {
        let configuration = try ProxyConfiguration.parse(input, file: "f.yaml")
        promise(!configuration.services.isEmpty, "a configuration without services")
    } catch {
        promise(!error.diagnostics.isEmpty, "no reason")
        let lines = input.count { $0 == 0x0a } + input.count { $0 == 0x0d } + 2
        for diagnostic in error.diagnostics {
            if let position = diagnostic.position { promise(position.line <= lines, "\(diagnostic)") }
            promise(!diagnostic.message.isEmpty, "no words")
        }
    }
}
