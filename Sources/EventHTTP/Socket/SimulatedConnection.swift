// SPDX-License-Identifier: Apache-2.0
#if DEBUG
    internal import Glibc

    /// How a simulated connection carries bytes.
    package struct SimulatedLink {
        /// One way, and what a segment may be late on top.
        package var latencyNs: Int64 = 200_000
        package var jitterNs = 100_000
        /// Bytes that the loop's side may send before the peer takes some: beyond, writes are partial or would block.
        package var windowBytes = 64 << 10
        /// One write in so many is taken in part only.
        package var cutsOneIn = 16
        /// One write in so many arrives in pieces.
        package var splitsOneIn = 4
        /// A reset may overtake what was sent before it, which is then lost.
        package var resetsOvertake = true

        package init() {}
    }

    /// Who is at the other end of a simulated connection. Told in the order of virtual time.
    package protocol SimulatedPeer: AnyObject {
        func connected(_ connection: SimulatedConnection)
        /// Bytes have come; they are taken with `take`, at once or later.
        func received(_ connection: SimulatedConnection)
        /// The loop's side has ended, in order.
        func ended(_ connection: SimulatedConnection)
        /// The connection was reset, or refused.
        func broken(_ connection: SimulatedConnection)
    }

    /// What a SYN to an address comes to.
    package enum SimulatedAnswer {
        case accept(any SimulatedPeer)
        case refuse
        /// Nobody ever answers.
        case blackHole
    }

    package protocol SimulatedListener: AnyObject {
        func connecting() -> SimulatedAnswer
    }

    /// What a descriptor of the loop's side names.
    package class SimulatedSocket {
        let address: SocketAddress
        var readiness: IOEvents { [] }

        init(address: SocketAddress) { self.address = address }
    }

    /// A listening socket of the loop, with those who wait to be accepted.
    final class SimulatedListeningSocket: SimulatedSocket {
        var waiting: ContiguousArray<(SimulatedConnection, SocketAddress)> = []
        override var readiness: IOEvents { waiting.isEmpty ? [] : .read }
    }

    /// A connection: the loop's socket, the wire, and the peer's socket. The peer calls `send`, `take`, `endSending`,
    /// `close` and `reset`; the loop's calls are in SimulatedKernel+Calls.
    package final class SimulatedConnection: SimulatedSocket {
        unowned let kernel: SimulatedKernel
        let link: SimulatedLink
        package internal(set) weak var peer: (any SimulatedPeer)?

        // The loop's socket.
        var isConnecting = false
        /// What has arrived, from `incomingStart` on.
        var incoming: [UInt8] = []
        var incomingStart = 0
        var incomingEnded = false
        /// An errno that the next call reports.
        var error: Int32 = 0
        /// Reset: after the error, reads end and writes fail.
        var isReset = false
        var hasEnded = false
        var resetsOnClose = false
        var isClosed = false

        // The wire and the peer's socket.
        private var toPeerNs: Int64 = 0
        private var toLoopNs: Int64 = 0
        /// Sent and not taken by the peer yet.
        var outstanding = 0
        private var unread: [UInt8] = []
        package private(set) var hasPeerEnded = false
        package private(set) var isPeerGone = false

        init(_ kernel: SimulatedKernel, address: SocketAddress, link: SimulatedLink, peer: (any SimulatedPeer)?) {
            self.kernel = kernel
            self.link = link
            self.peer = peer
            super.init(address: address)
        }

        var incomingCount: Int { incoming.count - incomingStart }
        var room: Int { link.windowBytes - outstanding }

        override var readiness: IOEvents {
            if isConnecting { return error != 0 ? [.read, .write] : [] }
            var events: IOEvents = []
            if incomingCount > 0 || incomingEnded || error != 0 || isReset { events.insert(.read) }
            // As Linux has it (sk_stream_is_writeable): only when a third of the window is free.
            if (room > 0 && room >= outstanding / 2) || error != 0 || isReset { events.insert(.write) }
            return events
        }

        // MARK: The wire

        /// When what is sent now arrives: never before what was sent earlier.
        private func arrival(_ lastNs: inout Int64) -> Int64 {
            lastNs = max(lastNs, kernel.nowNs + link.latencyNs + Int64(kernel.random.below(link.jitterNs + 1)))
            return lastNs
        }

        func arriveAtPeer(_ work: @escaping () -> Void) {
            kernel.at(ns: arrival(&toPeerNs), work)
        }

        func arriveAtLoop(_ work: @escaping () -> Void) {
            kernel.at(ns: arrival(&toLoopNs), work)
        }

        /// Cuts bytes into the pieces in which they arrive.
        func pieces(_ bytes: [UInt8]) -> [[UInt8]] {
            guard bytes.count > 1, kernel.random.oneIn(link.splitsOneIn) else { return [bytes] }
            var pieces: [[UInt8]] = []
            var start = 0
            let longest = kernel.random.oneIn(3) ? 40 : bytes.count
            while start < bytes.count, pieces.count < 12 {
                let end = min(start + 1 + kernel.random.below(longest), bytes.count)
                pieces.append(Array(bytes[start..<end]))
                start = end
            }
            if start < bytes.count { pieces.append(Array(bytes[start...])) }
            return pieces
        }

        func deliverToPeer(_ bytes: [UInt8]) {
            kernel.note(2, bytes.count, outstanding)
            if isPeerGone {
                // Nobody is there any more, says the peer's kernel.
                return arriveAtLoop { self.resetArrives() }
            }
            unread += bytes
            peer?.received(self)
        }

        func endDeliveredToPeer() {
            if !isPeerGone { peer?.ended(self) }
        }

        func resetDeliveredToPeer() {
            if isPeerGone { return }
            isPeerGone = true
            peer?.broken(self)
        }

        func resetArrives() {
            kernel.note(3, outstanding, incomingCount)
            if isClosed || isReset { return }
            isReset = true
            error = isConnecting ? ECONNREFUSED : ECONNRESET
            if link.resetsOvertake, kernel.random.oneIn(2) {
                incoming = []
                incomingStart = 0
            }
        }

        // MARK: What the peer does

        /// Takes at most `max` of the bytes that have come, which lets the loop's side send as much more.
        package func take(max: Int = .max) -> [UInt8] {
            let count = min(max, unread.count)
            let taken = count == unread.count ? unread : Array(unread[..<count])
            if count == unread.count { unread = [] } else { unread.removeFirst(count) }
            outstanding -= count
            return taken
        }

        package func send(_ bytes: [UInt8]) {
            precondition(!hasPeerEnded, "the peer sends after its end")
            if bytes.isEmpty || isPeerGone { return }
            for piece in pieces(bytes) {
                arriveAtLoop { [self] in
                    kernel.note(4, piece.count, incomingCount)
                    if isReset { return }
                    if isClosed { return arriveAtPeer { self.resetDeliveredToPeer() } }
                    if incomingStart == incoming.count {
                        incoming = piece
                        incomingStart = 0
                    } else {
                        incoming += piece
                    }
                }
            }
        }

        package func send(_ text: String) { send(Array(text.utf8)) }

        /// Ends the peer's side in order; it may go on reading.
        package func endSending() {
            if hasPeerEnded || isPeerGone { return }
            hasPeerEnded = true
            arriveAtLoop { self.incomingEnded = true }
        }

        /// The peer's process closes its socket: with bytes unread that is a reset.
        package func close() {
            if isPeerGone { return }
            if unread.isEmpty { endSending() } else { return reset() }
            isPeerGone = true
        }

        package func reset() {
            if isPeerGone { return }
            isPeerGone = true
            hasPeerEnded = true
            if link.resetsOvertake, kernel.random.oneIn(4) {
                kernel.at(ns: kernel.nowNs + link.latencyNs) { self.resetArrives() }
            } else {
                arriveAtLoop { self.resetArrives() }
            }
        }
    }
#endif
