// SPDX-License-Identifier: Apache-2.0
#if DEBUG
    internal import Glibc

    /// The socket calls, as the loop's side makes them.
    extension SimulatedKernel {
        // MARK: Descriptors

        /// The lowest free number, as in a real kernel: so numbers are used again at once.
        private func open(_ socket: SimulatedSocket) -> Descriptor {
            let index = slots.firstIndex { $0.socket == nil } ?? slots.count
            if index == slots.count { slots.append(Slot()) }
            slots[index].socket = socket
            slots[index].idleWakes = 0
            note(5, index, 0)
            return Descriptor(Self.numberBase + Int32(index))
        }

        private func connection(_ number: Int32) -> SimulatedConnection {
            guard let connection = slots[Int(number - Self.numberBase)].socket as? SimulatedConnection else {
                preconditionFailure("descriptor \(number) is not an open connection")
            }
            return connection
        }

        /// Descriptors that are open now, listening ones too.
        package var openCount: Int { slots.reduce(0) { $0 + ($1.socket == nil ? 0 : 1) } }
        /// What is open, for the report of a seed that failed.
        package var openText: String {
            var text = ""
            for (index, slot) in slots.enumerated() {
                guard let connection = slot.socket as? SimulatedConnection else { continue }
                text += "[\(index) \(connection.address) watched for \(slot.events.rawValue), "
                text += "ended \(connection.hasEnded), "
                text += "to read \(connection.incomingCount), outstanding \(connection.outstanding), peer ended "
                text += "\(connection.hasPeerEnded), gone \(connection.isPeerGone), reset \(connection.isReset)]"
            }
            return text
        }

        package var watchedCount: Int { slots.reduce(0) { $0 + ($1.events.isEmpty ? 0 : 1) } }

        func close(_ number: Int32) {
            let index = Int(number - Self.numberBase)
            precondition(slots[index].events.isEmpty, "closed, and still watched")
            guard let socket = slots[index].socket else { preconditionFailure("closed twice") }
            actions += 1
            note(6, index, 0)
            say(number, "close")
            slots[index].socket = nil
            if let listener = socket as? SimulatedListeningSocket {
                for (connection, _) in listener.waiting {
                    connection.isClosed = true
                    connection.arriveAtPeer { connection.resetDeliveredToPeer() }
                }
            }
            guard let connection = socket as? SimulatedConnection else { return }
            connection.isClosed = true
            if connection.isReset || connection.isConnecting { return }
            if connection.resetsOnClose || connection.incomingCount > 0 {
                connection.arriveAtPeer { connection.resetDeliveredToPeer() }
            } else if !connection.hasEnded {
                connection.arriveAtPeer { connection.endDeliveredToPeer() }
            }
        }

        // MARK: Connecting

        func listening(on address: SocketAddress) -> Descriptor {
            open(SimulatedListeningSocket(address: address))
        }

        /// Has a client connect to a listening socket of a loop.
        package func connect(_ peer: any SimulatedPeer, from client: SocketAddress, to address: SocketAddress) {
            let connection = SimulatedConnection(self, address: address, link: link, peer: peer)
            connection.arriveAtLoop { [self] in
                // Loops that share an address share its clients, as with SO_REUSEPORT.
                let listeners = slots.compactMap { $0.socket as? SimulatedListeningSocket }
                guard let listener = listeners.filter({ $0.address == address }).randomElement(using: &random) else {
                    return connection.arriveAtPeer { connection.resetDeliveredToPeer() }
                }
                listener.waiting.append((connection, client))
                connection.arriveAtPeer { peer.connected(connection) }
            }
        }

        func accept(_ number: Int32) -> Socket.Accepted {
            let index = Int(number - Self.numberBase)
            guard let listener = slots[index].socket as? SimulatedListeningSocket else {
                preconditionFailure("accept on what does not listen")
            }
            actions += 1
            if listener.waiting.isEmpty { return .none }
            let failure = acceptFailure()
            if failure != 0 { return .exhausted(failure) }
            let (connection, client) = listener.waiting.removeFirst()
            let descriptor = open(connection)
            say(descriptor.number, "accept \(client)")
            return .connection(descriptor, client)
        }

        /// Says who answers at an address.
        package func listen(_ listener: any SimulatedListener, at address: SocketAddress) {
            listeners[address] = listener
        }

        func connecting(to address: SocketAddress) throws(SystemError) -> Descriptor {
            actions += 1
            let failure = connectFailure(address)
            if failure != 0 { throw SystemError("connect to \(address)", failure) }
            let connection = SimulatedConnection(self, address: address, link: link, peer: nil)
            connection.isConnecting = true
            connection.arriveAtPeer { [self] in
                switch listeners[address]?.connecting() ?? .refuse {
                case .blackHole: break
                case .refuse: connection.arriveAtLoop { connection.resetArrives() }
                case .accept(let peer):
                    connection.peer = peer
                    // A handshake whose other side has gone meanwhile is closed in order, as if it had been used.
                    if connection.isClosed { return }
                    connection.arriveAtLoop { connection.isConnecting = false }
                    peer.connected(connection)
                }
            }
            let descriptor = open(connection)
            say(descriptor.number, "connect to \(address)")
            return descriptor
        }

        func localAddress(_ number: Int32) -> SocketAddress? {
            slots[Int(number - Self.numberBase)].socket?.address
        }

        func pendingError(_ number: Int32) -> Int32 {
            actions += 1
            let connection = connection(number)
            defer { connection.error = 0 }
            return connection.error
        }

        // MARK: Bytes

        func receive(_ number: Int32, into buffer: inout Buffer, max: Int) -> IOResult {
            actions += 1
            let connection = connection(number)
            let available = connection.incomingCount
            if available == 0 {
                say(number, "read: error \(connection.error), end \(connection.incomingEnded)")
                if connection.error != 0 {
                    defer { connection.error = 0 }
                    return .failed(connection.error)
                }
                return connection.isReset || connection.incomingEnded ? .ended : .wouldBlock
            }
            let most = random.oneIn(8) ? 1 + random.below(available) : available
            let start = connection.incomingStart
            let count = unsafe buffer.fill(max: min(max, most)) { memory, room in
                let count = min(room, most)
                unsafe connection.incoming.withUnsafeBytes { bytes in
                    unsafe memory.copyMemory(from: bytes.baseAddress.unsafelyUnwrapped + start, byteCount: count)
                }
                return count
            }
            let shown = connection.incoming[start..<start + min(count, 160)]
            say(number, "read \(count): \(String(decoding: shown, as: UTF8.self).debugDescription)")
            connection.incomingStart += count
            note(7, Int(number), count)
            return .bytes(count)
        }

        func send(_ number: Int32, _ first: Span<UInt8>, _ second: Span<UInt8>) -> IOResult {
            actions += 1
            let connection = connection(number)
            precondition(!connection.isConnecting, "sent before it was connected")
            precondition(!connection.hasEnded, "sent after the end of our side")
            if connection.error != 0 {
                defer { connection.error = 0 }
                return .failed(connection.error)
            }
            if connection.isReset {
                say(number, "send: EPIPE")
                return .failed(EPIPE)
            }
            let wanted = first.count + second.count
            var count = min(wanted, connection.room)
            if count <= 0 { return .wouldBlock }
            if random.oneIn(connection.link.cutsOneIn) { count = 1 + random.below(count) }
            var bytes: [UInt8] = []
            bytes.reserveCapacity(count)
            unsafe first.withUnsafeBufferPointer { unsafe bytes.append(contentsOf: $0.prefix(count)) }
            let rest = count - bytes.count
            unsafe second.withUnsafeBufferPointer { unsafe bytes.append(contentsOf: $0.prefix(rest)) }
            connection.outstanding += count
            for piece in connection.pieces(bytes) { connection.arriveAtPeer { connection.deliverToPeer(piece) } }
            note(8, Int(number), count)
            say(
                number,
                "send \(count) of \(wanted): \(String(decoding: bytes.prefix(160), as: UTF8.self).debugDescription)")
            return .bytes(count)
        }

        func shutdownWriting(_ number: Int32) {
            actions += 1
            let connection = connection(number)
            say(number, "shut down")
            if connection.hasEnded || connection.isReset { return }
            connection.hasEnded = true
            connection.arriveAtPeer { connection.endDeliveredToPeer() }
        }

        func resetOnClose(_ number: Int32) {
            connection(number).resetsOnClose = true
        }
    }
#endif
