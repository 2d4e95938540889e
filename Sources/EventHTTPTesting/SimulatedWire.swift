// SPDX-License-Identifier: Apache-2.0
#if DEBUG
    internal import EventHTTP

    /// Joins connections that loops of a simulation make with those that other loops of it accept.
    final class SimulatedWire: SimulatedListener {
        let address: SocketAddress
        var reachability = SimulatedNetwork.Reachability.accepts
        private unowned let kernel: SimulatedKernel
        private var ends: [WireEnd] = []
        private static let from = SocketAddress(ipv4: 0x0a02_0001, port: 50_000)

        init(_ kernel: SimulatedKernel, to address: SocketAddress) {
            self.kernel = kernel
            self.address = address
        }

        func connecting() -> SimulatedAnswer {
            switch reachability {
            case .refuses: return .refuse
            case .isSilent: return .blackHole
            case .accepts: break
            }
            let near = WireEnd()
            let far = WireEnd()
            near.other = far
            far.other = near
            // Connections know their peers weakly.
            ends.removeAll { $0.isOver && $0.other?.isOver != false }
            ends += [near, far]
            kernel.connect(far, from: Self.from, to: address)
            return .accept(near)
        }
    }

    /// The end of a wire at one of its two connections: passes on to the other what that connection's loop does.
    private final class WireEnd: SimulatedPeer {
        weak var other: WireEnd?
        private var connection: SimulatedConnection?
        /// What came before this end was connected.
        private var waiting: [UInt8] = []
        private var endWaits = false
        private(set) var isOver = false

        func connected(_ connection: SimulatedConnection) {
            self.connection = connection
            connection.send(waiting)
            waiting = []
            if endWaits { connection.endSending() }
        }

        func received(_ connection: SimulatedConnection) {
            other?.pass(connection.take())
        }

        func ended(_ connection: SimulatedConnection) {
            other?.passEnd()
        }

        func broken(_ connection: SimulatedConnection) {
            isOver = true
            other?.connection?.reset()
            other?.isOver = true
        }

        private func pass(_ bytes: [UInt8]) {
            guard let connection, !connection.hasPeerEnded else { return waiting += bytes }
            connection.send(bytes)
        }

        private func passEnd() {
            isOver = true
            guard let connection else { return endWaits = true }
            connection.endSending()
        }
    }
#endif
