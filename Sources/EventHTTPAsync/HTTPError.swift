// SPDX-License-Identifier: Apache-2.0
public import HTTPTypes

/// A response that a handler throws: `throw HTTPError(.notFound)`.
public struct HTTPError: Error {
    /// Its status.
    public var status: HTTPResponse.Status
    /// What the client reads, as plain text; nothing says no more than the status does.
    public var text: String
    /// Further fields, such as `WWW-Authenticate`.
    public var headerFields: HTTPFields

    /// An error with this status.
    public init(_ status: HTTPResponse.Status, _ text: String? = nil, headerFields: HTTPFields = [:]) {
        self.status = status
        self.text = text ?? status.reasonPhrase
        self.headerFields = headerFields
    }

    var response: Response { Response(status, text + "\n", headerFields: headerFields) }
}
