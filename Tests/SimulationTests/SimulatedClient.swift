// SPDX-License-Identifier: Apache-2.0
#if DEBUG
    import EventHTTP

    /// A request as a client means it.
    struct Request {
        let id: Int
        let method: String
        let path: String
        /// Bytes of content, of the request and of its response.
        let count: Int
        let size: Int
        let isChunked: Bool
        /// Waits for 100 before it sends its content.
        var expects = false
        /// Has a key by which it can be sent again, and the proxy trusts it.
        var hasKey = false

        var isIdempotent: Bool { method != "POST" || hasKey }

        var bytes: [UInt8] { head + content }

        var head: [UInt8] {
            var text =
                "\(method) \(path) HTTP/1.1\r\nHost: test\r\nX-Id: \(id)\r\nX-Size: \(size)\r\nX-Count: \(count)\r\n"
            if expects { text += "Expect: 100-continue\r\n" }
            if hasKey { text += "Idempotency-Key: \(id)\r\n" }
            if !isChunked {
                return Array(
                    "\(text)\(method == "GET" || method == "HEAD" ? "" : "Content-Length: \(count)\r\n")\r\n".utf8)
            }
            return Array("\(text)Transfer-Encoding: chunked\r\n\r\n".utf8)
        }

        var content: [UInt8] {
            let content = Content.bytes(id + 1, count)
            if !isChunked { return content }
            if count == 0 { return Array("0\r\n\r\n".utf8) }
            return Array("\(String(count, radix: 16))\r\n".utf8) + content + Array("\r\n0\r\n\r\n".utf8)
        }
    }

    /// A client that asks one request after the other, or several at once, and judges every answer.
    final class SimulatedClient: SimulatedPeer {
        /// How it departs from good manners, on its first connection.
        enum Manner {
            case good
            /// Leaves after so many bytes of what it sends, or while it waits.
            case leaves(afterBytes: Int, withReset: Bool)
            /// Sends so much of its request and then nothing.
            case stalls(afterBytes: Int)
            /// Takes nothing of its answers.
            case readsNothing
            case garbage
        }

        private let world: World
        let index: Int
        private let manner: Manner
        var depth: Int
        var readsSlowly: Bool
        var halfCloses: Bool
        private var todo: [Request]
        /// Asked on this connection and not answered.
        private var asked: [Request] = []
        private var connection: SimulatedConnection?
        private var reader = MessageReader(readsRequests: false)
        private var isFinal = false
        private var head = Head()
        private var hasBegun = false
        private var willClose = false
        private var sending = 0
        private var isSending = false
        private var awaited: Request?
        private(set) var isOver = false
        private(set) var answered = 0

        init(_ world: World, index: Int, _ requests: [Request], _ manner: Manner) {
            self.world = world
            self.index = index
            self.manner = manner
            todo = requests
            depth = world.random.oneIn(4) ? 2 + world.random.below(4) : 1
            readsSlowly = world.random.oneIn(6)
            halfCloses = world.random.oneIn(5)
        }

        var isGood: Bool { if case .good = manner { true } else { false } }
        private var address: SocketAddress { SocketAddress("192.0.2.\(index + 1)", port: 40_000)! }

        func start() {
            reader = MessageReader(readsRequests: false)
            asked = []
            willClose = false
            hasBegun = false
            connection = nil
            isSending = false
            awaited = nil
            world.kernel.connect(self, from: address, to: world.address)
        }

        // MARK: What the network tells

        func connected(_ connection: SimulatedConnection) {
            self.connection = connection
            askNext()
            if readsSlowly { readSome() }
        }

        func received(_ connection: SimulatedConnection) {
            if case .readsNothing = manner { return }
            if readsSlowly || isOver { return }
            reader.feed(connection.take())
            process()
        }

        private func readSome() {
            guard !isOver, let connection else { return }
            if case .readsNothing = manner { return }
            reader.feed(connection.take(max: 8_000))
            process()
            if self.connection === connection { world.kernel.after(ms: 15) { [weak self] in self?.readSome() } }
        }

        func ended(_ connection: SimulatedConnection) { lost(connection) }
        func broken(_ connection: SimulatedConnection) {
            // Refused: the proxy has stopped.
            if self.connection == nil, !isOver { return finish() }
            lost(connection)
        }

        private func lost(_ connection: SimulatedConnection) {
            guard connection === self.connection, !isOver else { return }
            reader.feed(connection.take())
            process()
            if connection === self.connection { connectionEnded() }
        }

        // MARK: Asking

        private func askNext() {
            // A request that was answered early is still sent to its end; and the pause after it may pass when the next
            // one has been asked already.
            guard let connection, !isOver, !willClose, !isSending, asked.isEmpty else { return }
            // What follows a request that was cut short would be the rest of it.
            if case .stalls = manner, answered > 0 { return finish() }
            if todo.isEmpty { return finish() }
            let batch = Array(todo.prefix(depth))
            todo.removeFirst(batch.count)
            asked += batch
            for request in batch { world.asked(request, from: address, isGood: isGood) }
            if isGood, let request = batch.first, batch.count == 1, request.expects {
                return sendExpecting(request, over: connection)
            }
            send(batch.flatMap(\.bytes), over: connection)
        }

        private func send(_ bytes: [UInt8], over connection: SimulatedConnection) {
            var bytes = bytes
            switch manner {
            case .leaves(let count, let withReset) where count < bytes.count:
                connection.send(Array(bytes[..<count]))
                return leave(withReset)
            case .leaves(let count, let withReset):
                connection.send(bytes)
                return world.kernel.after(ms: Int64(count % 40)) { [weak self] in self?.leave(withReset) }
            case .stalls(let count): bytes = Array(bytes[..<min(count, bytes.count - 1)])
            case .garbage:
                bytes[world.random.below(min(bytes.count, 30))] = 0
            case .good, .readsNothing: break
            }
            sending += 1
            isSending = true
            let mark = sending
            sendPieces(bytes, from: 0, over: connection, mark)
        }

        /// In a few pieces with pauses between.
        private func sendPieces(_ bytes: [UInt8], from start: Int, over connection: SimulatedConnection, _ mark: Int) {
            guard mark == sending, connection === self.connection else { return }
            let isWhole = world.random.oneIn(2)
            let end = isWhole ? bytes.count : min(bytes.count, start + 1 + world.random.below(bytes.count / 2 + 20))
            connection.send(Array(bytes[start..<end]))
            if end < bytes.count {
                return world.kernel.after(ms: Int64(world.random.below(20))) { [weak self] in
                    self?.sendPieces(bytes, from: end, over: connection, mark)
                }
            }
            isSending = false
            if todo.isEmpty, halfCloses, isGood { connection.endSending() }
            if asked.isEmpty { askNext() }
        }

        /// Sends a head, and its content when it is asked for, or nobody has said anything for a while.
        private func sendExpecting(_ request: Request, over connection: SimulatedConnection) {
            isSending = true
            awaited = request
            connection.send(request.head)
            world.kernel.after(ms: 3_000) { [weak self, weak connection] in
                guard let self, let connection, connection === self.connection else { return }
                if awaited?.id == request.id { sendAwaited() }
            }
        }

        private func sendAwaited() {
            guard let request = awaited, let connection else { return }
            awaited = nil
            sending += 1
            sendPieces(request.content, from: 0, over: connection, sending)
        }

        private func leave(_ withReset: Bool) {
            if withReset { connection?.reset() } else { connection?.close() }
            finish()
        }

        private func finish() {
            isOver = true
            if !(connection?.isPeerGone ?? true) { connection?.close() }
            connection = nil
        }

        // MARK: Judging

        private func process() {
            do {
                while !isOver {
                    reader.isBodiless = asked.first?.method == "HEAD"
                    guard let event = try reader.next() else { break }
                    switch event {
                    case .head(let head): began(head)
                    case .complete(let body): if isFinal { complete(body) }
                    }
                }
                if !reader.isBetweenMessages { hasBegun = true }
            } catch {
                world.problem("client \(index) was sent what is not HTTP: \(error)")
                finish()
            }
        }

        private func began(_ head: Head) {
            self.head = head
            isFinal = head.status >= 200
            hasBegun = true
            if head["connection"] == "close" { willClose = true }
            if head.status == 100 { sendAwaited() }
            if isFinal, awaited != nil {
                // Answered without its content, which is then not sent; so nothing can follow on this connection.
                if !willClose {
                    world.problem("client \(index) does not know whether to send content after \(head.line)")
                }
                awaited = nil
            }
            if asked.isEmpty {
                world.problem("client \(index) was sent an answer that it did not ask for: \(head.line)")
            }
        }

        private func complete(_ body: [UInt8]) {
            hasBegun = false
            guard !asked.isEmpty else { return }
            let request = asked.removeFirst()
            answered += 1
            if let id = head.number("x-id"), id != request.id {
                world.problem("request \(request.id) was answered with what is \(id)'s")
            }
            switch head.status {
            case 200:
                let isHead = request.method == "HEAD"
                if head["x-id"] == nil || !Content.isRight(body, request.id, isHead ? 0 : request.size) {
                    world.problem("request \(request.id) got \(body.count) of \(request.size) bytes or other ones")
                }
                world.answered(request)
            case 502, 503, 504: world.failed(request, head, isGood: isGood)
            case let status where !isGood && (status == 400 || status == 408): break
            default: world.problem("request \(request.id) was answered \(head.line)")
            }
            if willClose || isOver { return }
            if asked.isEmpty {
                let pause = world.random.oneIn(3) ? 0 : world.random.below(world.thinkMs)
                world.kernel.after(ms: Int64(pause)) { [weak self, weak connection] in
                    guard let self, let connection, connection === self.connection else { return }
                    askNext()
                }
            }
        }

        /// The connection is over: as announced, or a break that is allowed only within an answer.
        private func connectionEnded() {
            if let event = reader.end(), case .complete(let body) = event { complete(body) }
            if let connection, !connection.isPeerGone { connection.close() }
            connection = nil
            if isOver { return }
            let isWithin = !reader.isBetweenMessages && hasBegun
            if isWithin, let request = asked.first {
                asked.removeFirst()
                world.broken(request, isGood: isGood)
            } else if !willClose, isGood, let request = asked.first {
                asked.removeFirst()
                world.brokenBeforeHead(request)
            }
            guard isGood else { return finish() }
            // What was sent ahead and not answered may be asked again, if that does no harm.
            for request in asked { world.dropped(request) }
            todo = asked.filter(\.isIdempotent).map { world.renewed($0) } + todo
            asked = []
            if todo.isEmpty { return finish() }
            world.kernel.after(ms: 1) { [weak self] in self?.start() }
        }
    }
#endif
