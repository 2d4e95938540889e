// SPDX-License-Identifier: Apache-2.0
internal import EventHTTP

/// What operators have to know. It is in a file of its own, which only the proxy need be able to read.
struct AdminToken: Equatable {
    /// Fewer could be tried one after the other.
    static let bytesMin = 16
    static let bytesMax = 1_024

    private let bytes: [UInt8]

    /// Why a file holds no token.
    struct Failure: Error {
        let reason: String
    }

    /// The token in the file at `path`; a line break at its end is none of it. Blocks while it reads.
    init(path: String) throws(Failure) {
        let content: [UInt8]
        do throws(FileError) {
            content = try readFile(path, bytesMax: Self.bytesMax + 3)
        } catch {
            throw Failure(reason: "cannot \(error.operation): \(error.text)")
        }
        try self.init(content)
    }

    init(_ content: [UInt8]) throws(Failure) {
        let end = content.lastIndex { $0 != UInt8(ascii: "\n") && $0 != UInt8(ascii: "\r") }
        bytes = Array(content[..<(end.map { $0 + 1 } ?? 0)])
        guard (Self.bytesMin...Self.bytesMax).contains(bytes.count), bytes.allSatisfy({ $0 > 0x20 && $0 < 0x7F }) else {
            let wanted = "\(Self.bytesMin) to \(Self.bytesMax) visible ASCII characters in one line"
            throw Failure(reason: "it must hold \(wanted), such as those of: openssl rand -hex 32")
        }
    }

    /// Whether a request says the token (RFC 6750 §2.1). Browsers, which cannot do that, ask their user for a password
    /// (RFC 7617 §2): that is the token, whatever the name.
    func isSaid(by fields: borrowing Fields) -> Bool {
        guard let value = fields.only(.authorization) else { return false }
        let parts = AuthorizationParts(of: value)
        if value.extracting(parts.scheme).equalsIgnoringCase("bearer") {
            return Secret.isSame(value.extracting(parts.credentials), bytes.span)
        }
        guard let pair = parts.basic(of: value, bytesMax: 3 * Self.bytesMax) else { return false }
        return Secret.isSame(pair.password.span, bytes.span)
    }
}
