// SPDX-License-Identifier: Apache-2.0
internal import EventHTTP
internal import HTTPTypes

/// Whom a request is for and what it asks: everything of its start that could be wrong, found to be right.
struct ClientTarget: Sendable {
    let method: Method
    let authority: Authority
    /// What `Host` says.
    let host: String
    /// In origin form, or `*` (RFC 9112 §3.2).
    let target: String

    init(_ request: HTTPRequest) throws(HTTPClient.Failure) {
        switch request.scheme?.lowercased() {
        case nil, "http": break
        case "https": throw .https
        case let scheme?: throw .request("'\(scheme)' is not spoken here: write http://HOST:PORT/PATH")
        }
        let host = request.authority ?? ""
        guard let authority = Authority(host) else {
            throw .request("'\(host)' is no host to ask: write http://HOST:PORT/PATH, IPv6 addresses in brackets")
        }
        method = Method(request.method.rawValue.utf8.span)
        guard method != .connect else {
            throw .request("CONNECT makes tunnels, which this client has not; use a socket")
        }
        let path = request.path ?? "/"
        let isWhole = path.hasPrefix("/") || path == "*" && method == .options
        guard isWhole, path.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7f && $0 != UInt8(ascii: "#") }) else {
            throw .request("'\(path)' is no path: begin it with /, and write what is not visible ASCII, and #, as %XX")
        }
        self.authority = authority
        self.host = host
        target = path
    }
}
