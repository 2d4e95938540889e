// SPDX-License-Identifier: Apache-2.0
internal import EventHTTP
internal import HTTPTypes
internal import Logging

extension ExchangeTask {
    /// The logger of the async tier with what tells this request from others. The names are those of OpenTelemetry's
    /// conventions; a query is left out, as it may hold secrets.
    func makeLogger() -> Logger {
        var logger = service.options.logger
        let id = request.headerFields[.xRequestID].flatMap { RequestName.isSafe($0.utf8.span) ? $0 : nil }
        logger[metadataKey: "http.request.id"] = "\(id ?? service.names.next())"
        logger[metadataKey: "http.request.method"] = "\(request.method)"
        logger[metadataKey: "url.path"] = "\(request.path?.prefix { $0 != "?" } ?? "")"
        return logger
    }
}

/// Names for requests that come without one.
struct RequestNames {
    /// Nobody else counts from here: drawn when the first name is needed.
    private var number: UInt64?

    /// A name that none before had, in 16 digits of hexadecimal.
    mutating func next() -> String {
        let number = self.number.map { $0 &+ 1 } ?? UInt64.random(in: 0 ... .max)
        self.number = number
        let digits = String(number, radix: 16)
        return String(repeating: "0", count: 16 - digits.count) + digits
    }
}

extension HTTPField.Name {
    fileprivate static let xRequestID = HTTPField.Name("X-Request-ID")!
}
