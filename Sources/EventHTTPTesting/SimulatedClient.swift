// SPDX-License-Identifier: Apache-2.0
#if DEBUG
    internal import EventHTTP

    /// A client of a simulated network: sends what a test says, byte by byte if it likes, and takes what comes.
    public final class SimulatedClient {
        private let network: SimulatedNetwork
        private let peer = Peer()

        init(_ network: SimulatedNetwork) {
            self.network = network
        }

        var simulatedPeer: any SimulatedPeer { peer }

        // MARK: Sending

        /// Sends a request, framed by the length of `body` if it has one.
        public func send(
            _ method: String, _ target: String, fields: KeyValuePairs<String, String> = [:], body: [UInt8] = []
        ) {
            var text = "\(method) \(target) HTTP/1.1\r\nHost: test\r\n"
            for (name, value) in fields { text += "\(name): \(value)\r\n" }
            if !body.isEmpty { text += "Content-Length: \(body.count)\r\n" }
            peer.isHead = method == "HEAD"
            send(Array((text + "\r\n").utf8) + body)
        }

        /// Sends bytes as they are.
        public func send(_ bytes: [UInt8]) {
            guard let connection = peer.connection else { return peer.unsent += bytes }
            connection.send(bytes)
        }

        /// Ends this side; the other may go on.
        public func endSending() { peer.connection?.endSending() }

        /// Closes the connection, as a client that has gone.
        public func close() { peer.connection?.close() }

        /// Whether bytes that come are taken. One that takes none is a slow reader, whose server has to wait.
        public var reads: Bool {
            get { peer.reads }
            set {
                peer.reads = newValue
                peer.take()
            }
        }

        // MARK: What came

        /// All that came and was not returned as a response.
        public var received: [UInt8] { peer.received }

        /// The server has ended the connection, in order or not.
        public var hasEnded: Bool { peer.hasEnded }

        /// Lets time pass until a whole response has come, an interim one too. Throws when the connection ends before
        /// that, or nothing comes within the time of the simulation.
        public func response(withinMs: Int64 = 120_000) throws -> SimulatedResponse {
            var found: (response: SimulatedResponse, length: Int)?
            _ = network.advance(withinMs: withinMs) {
                found = SimulatedResponse.parse(peer.received, isHead: peer.isHead, hasEnded: peer.hasEnded)
                return found != nil || peer.hasEnded
            }
            guard let found else { throw NoResponse(received: String(decoding: peer.received, as: UTF8.self)) }
            peer.received.removeFirst(found.length)
            return found.response
        }

        /// No whole response came.
        public struct NoResponse: Error {
            /// What came instead.
            public let received: String
        }
    }

    private final class Peer: SimulatedPeer {
        var connection: SimulatedConnection?
        var unsent: [UInt8] = []
        var received: [UInt8] = []
        var hasEnded = false
        var isHead = false
        var reads = true

        func connected(_ connection: SimulatedConnection) {
            self.connection = connection
            connection.send(unsent)
            unsent = []
        }

        func received(_ connection: SimulatedConnection) { take() }

        func take() {
            if reads, let connection { received += connection.take() }
        }

        func ended(_ connection: SimulatedConnection) { hasEnded = true }
        func broken(_ connection: SimulatedConnection) { hasEnded = true }
    }
#endif
