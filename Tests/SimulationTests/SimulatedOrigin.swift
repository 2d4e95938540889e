// SPDX-License-Identifier: Apache-2.0
#if DEBUG
    @testable import EventHTTP

    /// An origin of the simulation: answers right, or does one of the things that origins do.
    final class SimulatedOrigin: SimulatedListener {
        /// What befalls a request.
        enum Mischief: CaseIterable {
            case serverError, garbage, resetAfterRequest, resetInHead, endAfterRequest, cutBody, stalledBody, hang, slow
            case answersEarly
            // What befalls its connections.
            case refuses, blackHole, dropsHandshake

            /// No byte of a request can have reached the origin.
            var isOfConnecting: Bool { self == .refuses || self == .blackHole }
            /// To the proxy it looks as if the request had killed the origin.
            var isDeadly: Bool {
                switch self {
                // A reset can overtake what was sent before it, and then it is the same.
                case .resetAfterRequest, .endAfterRequest, .dropsHandshake, .resetInHead, .cutBody, .garbage,
                    .answersEarly:
                    true
                default: false
                }
            }
        }

        let world: World
        let index: Int
        let address: SocketAddress
        /// What it does to one request, or connection, in `mischiefOneIn`; none for a good one.
        var mischief: [Mischief] = []
        var mischiefOneIn = 1
        /// Between these times it does it, as if it were down for a while.
        var mischiefMs: Range<Int64> = 0..<0
        private var deadUntilMs: Int64 = 0
        /// It says 100 before content that waits for it.
        var givesLeave = false
        private var connections: [ObjectIdentifier: OriginConnection] = [:]
        private(set) var deaths = 0

        init(_ world: World, index: Int) {
            self.world = world
            self.index = index
            address = SocketAddress("10.0.0.\(index + 1)", port: 8_000)!
        }

        func pick(_ isEligible: (Mischief) -> Bool) -> Mischief? {
            guard mischiefMs.contains(world.kernel.nowMs) else { return nil }
            let eligible = mischief.filter(isEligible)
            if eligible.isEmpty || !world.random.oneIn(mischiefOneIn) { return nil }
            return eligible[world.random.below(eligible.count)]
        }

        func connecting() -> SimulatedAnswer {
            if world.kernel.nowMs < deadUntilMs { return .refuse }
            switch pick({ $0.isOfConnecting || $0 == .dropsHandshake }) {
            case .refuses: return .refuse
            case .blackHole: return .blackHole
            case .dropsHandshake:
                let connection = OriginConnection(self)
                connection.dropsAtOnce = true
                return .accept(adopt(connection))
            default: return .accept(adopt(OriginConnection(self)))
            }
        }

        private func adopt(_ connection: OriginConnection) -> OriginConnection {
            connections[ObjectIdentifier(connection)] = connection
            connection.order = world.nextOrder()
            return connection
        }

        /// Requests that it is at work on and that the proxy has not given up.
        var busyCount: Int { connections.values.count { $0.isBusy } }

        func forget(_ connection: OriginConnection) { connections[ObjectIdentifier(connection)] = nil }

        /// The process dies, and its supervisor starts it again.
        func die() {
            deaths += 1
            deadUntilMs = world.kernel.nowMs + 200 + Int64(world.random.below(2_000))
            let all = connections.values.sorted { $0.order < $1.order }
            connections = [:]
            for connection in all { connection.reset() }
        }
    }

    final class OriginConnection: SimulatedPeer {
        private let origin: SimulatedOrigin
        private var world: World { origin.world }
        private var reader = MessageReader(readsRequests: true)
        private var introduction: IntroductionReader?
        private var connection: SimulatedConnection?
        private var head = Head()
        private var mischief: SimulatedOrigin.Mischief?
        var dropsAtOnce = false
        var order = 0
        private var isAtWork = false
        var isBusy: Bool { isAtWork && connection.map { !$0.isClosed } ?? false }
        private var isOver = false
        /// Nothing follows on this connection.
        private var hasAnsweredLast = false
        private var answering = 0
        private var idleSince = 0

        init(_ origin: SimulatedOrigin) {
            self.origin = origin
            introduction = origin.world.sendsProxyHeaders ? IntroductionReader() : nil
        }

        func connected(_ connection: SimulatedConnection) {
            self.connection = connection
            if dropsAtOnce { return reset() }
            waitIdle()
        }

        func received(_ connection: SimulatedConnection) {
            var bytes = connection.take()
            do { try introduction?.feed(&bytes) } catch { world.problem("origin \(origin.index): \(error)") }
            reader.feed(bytes)
            process()
        }

        func ended(_ connection: SimulatedConnection) {
            if isOver { return }
            connection.close()
            over()
        }

        func broken(_ connection: SimulatedConnection) { over() }

        func reset() {
            connection?.reset()
            over()
        }

        private func over() {
            isOver = true
            origin.forget(self)
        }

        /// Like common servers, it ends a connection that has idled for five seconds.
        private func waitIdle() {
            isAtWork = false
            idleSince += 1
            let mark = idleSince
            world.kernel.after(ms: 5_000) { [weak self] in
                guard let self, !isOver, idleSince == mark, reader.isBetweenMessages else { return }
                connection?.close()
                over()
            }
        }

        private func process() {
            do {
                while !isOver, !hasAnsweredLast, let event = try reader.next() {
                    switch event {
                    case .head(let head):
                        if origin.givesLeave, head["expect"] != nil {
                            connection?.send(Array("HTTP/1.1 100 Continue\r\n\r\n".utf8))
                        }
                        began(head)
                    case .complete(let body): complete(body)
                    }
                }
            } catch {
                world.problem("origin \(origin.index) was sent what is not HTTP: \(error)")
            }
        }

        private func began(_ head: Head) {
            idleSince += 1
            self.head = head
            mischief = nil
            guard let id = head.number("x-id") else {
                if head.line.hasPrefix("GET /readyz ") { return }
                return world.problem("origin \(origin.index): a request that nobody made: \(head.line)")
            }
            isAtWork = true
            world.delivered(id, to: origin.index, head, over: introduction?.client)
            if head.words[1] == "/fail" {
                world.killed(by: id)
                return origin.die()
            }
            mischief = origin.pick { !$0.isOfConnecting && $0 != .dropsHandshake }
            if mischief == .answersEarly, head["content-length"] != "0" { answer(isRight: nil, closes: true) }
        }

        private func complete(_ body: [UInt8]) {
            guard let id = head.number("x-id") else {
                connection?.send("HTTP/1.1 204 No Content\r\n\r\n")
                return waitIdle()
            }
            let isRight = Content.isRight(body, id + 1, head.number("x-count") ?? 0)
            if !isRight { world.problem("request \(id): origin \(origin.index) was sent other content") }
            switch mischief {
            case .hang: return
            case .resetAfterRequest: return reset()
            case .endAfterRequest:
                connection?.close()
                return over()
            case .garbage:
                connection?.send(
                    ["\0\0\u{1}\u{2}\r\n\r\n", "HTTP/9.9 200 OK\r\n\r\n", "HTTP/1.1 2x0 OK\r\n\r\n"][id % 3])
                return connection?.close() ?? ()
            default: break
            }
            answering += 1
            let delayMs = mischief == .slow ? 500 + world.random.below(6_000) : world.random.below(30)
            world.kernel.after(ms: Int64(delayMs)) { [weak self] in self?.answer(isRight: isRight, closes: false) }
        }

        /// `isRight` is whether the content was; nil when it has not been read.
        private func answer(isRight: Bool?, closes: Bool) {
            guard !isOver, !hasAnsweredLast, let connection, let id = head.number("x-id") else { return }
            let isHead = head.line.hasPrefix("HEAD ")
            if mischief == .serverError {
                let after = world.random.oneIn(3) ? "Retry-After: 1\r\n" : ""
                let text = "HTTP/1.1 503 Busy\r\nX-Id: \(id)\r\n\(after)Content-Length: 4\r\n\r\n"
                connection.send(isHead ? text : text + "busy")
                return waitIdle()
            }
            let size = head.number("x-size") ?? 0
            let body = isHead ? [] : Content.bytes(id, size)
            if world.random.oneIn(10) { connection.send("HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n") }
            let framing = isHead || mischief == .cutBody || mischief == .stalledBody ? 0 : world.random.below(9)
            let closes = closes || framing == 8 || world.random.oneIn(20)
            var text = "HTTP/1.1 200 OK\r\nX-Id: \(id)\r\n"
            if closes { text += "Connection: close\r\n" }
            switch framing {
            case 0...4: text += "Content-Length: \(size)\r\n\r\n"
            case 5...7: text += "Transfer-Encoding: chunked\r\n\r\n"
            default: text += "\r\n"
            }
            if mischief == .resetInHead {
                connection.send(Array(text.utf8.prefix(20 + world.random.below(text.utf8.count - 20 - 3))))
                return reset()
            }
            // An early answer is followed by a reset, as its request is not read, which can overtake it.
            world.answerBegan(id, isCut: [.cutBody, .stalledBody, .answersEarly].contains(mischief))
            switch framing {
            case 5...7: connection.send(Array(text.utf8) + chunks(body))
            default: connection.send(Array(text.utf8) + cut(body))
            }
            if mischief == .cutBody, !body.isEmpty { return world.random.oneIn(2) ? reset() : end(connection) }
            if closes { return end(connection) }
            waitIdle()
        }

        private func end(_ connection: SimulatedConnection) {
            hasAnsweredLast = true
            isAtWork = false
            // With a request still being read, a close would be a reset, which can overtake the answer.
            connection.endSending()
            world.kernel.after(ms: 2_000) { [weak self] in
                connection.close()
                self?.over()
            }
        }

        private func cut(_ body: [UInt8]) -> [UInt8] {
            guard mischief == .cutBody || mischief == .stalledBody, !body.isEmpty else { return body }
            return Array(body[..<world.random.below(body.count)])
        }

        private func chunks(_ body: [UInt8]) -> [UInt8] {
            var chunked: [UInt8] = []
            var start = 0
            while start < body.count {
                let end = min(start + 1 + world.random.below(20_000), body.count)
                chunked += Array("\(String(end - start, radix: 16))\r\n".utf8) + body[start..<end] + [13, 10]
                start = end
            }
            return chunked + Array("0\r\n\r\n".utf8)
        }
    }
#endif
