// SPDX-License-Identifier: Apache-2.0
#if DEBUG
    /// A response as a client of a simulated network got it.
    public struct SimulatedResponse: Equatable, Sendable {
        /// The status code.
        public var status = 0
        /// The fields in the order they came, names in lower case.
        public var fields: [Field] = []
        /// The content, without its framing.
        public var body: [UInt8] = []

        /// A field of a response.
        public struct Field: Equatable, Sendable {
            /// In lower case.
            public var name: String
            /// Without the white space around it.
            public var value: String
        }

        /// The content as text.
        public var text: String { String(decoding: body, as: UTF8.self) }

        /// The value of the first field with this name, given in lower case.
        public subscript(name: String) -> String? { fields.first { $0.name == name }?.value }

        /// The response at the front of `bytes`, and how many of them it is; nil when it is not complete.
        static func parse(
            _ bytes: [UInt8], isHead: Bool, hasEnded: Bool
        ) -> (response: SimulatedResponse, length: Int)? {
            var position = 0
            guard let statusLine = line(bytes, &position) else { return nil }
            var response = SimulatedResponse()
            response.status = Int(statusLine.dropFirst(9).prefix(3)) ?? 0
            while true {
                guard let text = line(bytes, &position) else { return nil }
                if text.isEmpty { break }
                let parts = text.split(separator: ":", maxSplits: 1)
                guard parts.count == 2 else { return nil }
                response.fields.append(
                    Field(name: parts[0].lowercased(), value: String(parts[1].drop { $0 == " " })))
            }
            if isHead || response.status < 200 || response.status == 204 || response.status == 304 {
                return (response, position)
            }
            if response["transfer-encoding"] == "chunked" {
                return response.takeChunks(bytes, &position) ? (response, position) : nil
            }
            if let length = response["content-length"].flatMap({ Int($0) }) {
                guard bytes.count - position >= length else { return nil }
                response.body = Array(bytes[position..<position + length])
                return (response, position + length)
            }
            response.body = Array(bytes[position...])
            return hasEnded ? (response, bytes.count) : nil
        }

        private mutating func takeChunks(_ bytes: [UInt8], _ position: inout Int) -> Bool {
            while let text = Self.line(bytes, &position), let size = Int(text, radix: 16) {
                if size == 0 {
                    // Trailers, and the empty line.
                    while let trailer = Self.line(bytes, &position) {
                        if trailer.isEmpty { return true }
                    }
                    return false
                }
                guard bytes.count - position >= size + 2 else { return false }
                body += bytes[position..<position + size]
                position += size + 2
            }
            return false
        }

        private static func line(_ bytes: [UInt8], _ position: inout Int) -> String? {
            guard let end = bytes[position...].firstIndex(of: 0x0a), end > position else { return nil }
            defer { position = end + 1 }
            return String(decoding: bytes[position..<end - 1], as: UTF8.self)
        }
    }
#endif
