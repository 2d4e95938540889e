// SPDX-License-Identifier: Apache-2.0
#if DEBUG
    public import EventHTTP

    /// A network and a clock that are not there, for tests of handlers: no sockets, no threads, no waiting, and the
    /// same course of events for the same seed.
    ///
    /// All that is real runs in it, from the parser to the writer and every timeout; what is replaced are the system
    /// calls below. Bytes take 0.2 to 0.3 ms, arrive in pieces, and writes are partial, as the seed decides.
    ///
    ///     let network = SimulatedNetwork()
    ///     try network.serve { _ in Hello() }
    ///     #expect(try network.ask("GET", "/hello").text == "Hello!\n")
    ///
    /// Only in debug builds, which `swift test` makes: the release build of EventHTTP has no room for it on its hot
    /// path. To be used on one thread, so by tests that are not `async`. What waits for the real world, such as
    /// `Task.sleep` or another thread, is not simulated; what goes by the loop's clock is.
    public final class SimulatedNetwork {
        /// Where `serve` and `ask` look when nothing else is said.
        public static let address = SocketAddress(ipv4: 0x0a00_0001, port: 80)

        let kernel: SimulatedKernel
        private var servers: [HTTPServer] = []
        private var wires: [SimulatedWire] = []
        private var clientCount = 0

        /// A network in which the chances fall as `seed` says.
        public init(seed: UInt64 = 1) {
            kernel = SimulatedKernel(seed: seed)
        }

        deinit {
            kernel.enter {
                servers.removeAll()
                kernel.dropLoops()
            }
        }

        // MARK: Servers

        /// Starts a server on a loop of its own, which is also how to have an origin: whoever connects to `address` in
        /// this network, clients of the test and proxies alike, is answered by `handler`. Each address once.
        @discardableResult
        public func serve<H: Handler>(
            at address: SocketAddress = SimulatedNetwork.address, options: ServerOptions = ServerOptions(),
            _ handler: (_ loop: EventLoop) throws -> H
        ) throws -> HTTPServer {
            try kernel.enter {
                let loop = EventLoop()
                let server = HTTPServer(
                    on: loop, socket: try ListeningSocket(on: address), options: options, handler: try handler(loop))
                servers.append(server)
                let wire = SimulatedWire(kernel, to: address)
                wires.append(wire)
                kernel.listen(wire, at: address)
                return server
            }
        }

        /// What a proxy's connections to an address come to from now on. Those there are stay.
        public func setReachable(_ reachability: Reachability, at address: SocketAddress) {
            wires.first { $0.address == address }?.reachability = reachability
        }

        /// How an address can be reached.
        public enum Reachability: Sendable {
            /// Connections are accepted.
            case accepts
            /// Nobody listens there.
            case refuses
            /// Nothing ever comes back.
            case isSilent
        }

        // MARK: Clients

        /// A client that connects to `address`.
        public func connect(to address: SocketAddress = SimulatedNetwork.address) -> SimulatedClient {
            clientCount += 1
            let client = SimulatedClient(self)
            let from = SocketAddress(ipv4: 0x0a01_0000 + UInt32(clientCount), port: 40_000)
            kernel.enter { kernel.connect(client.simulatedPeer, from: from, to: address) }
            return client
        }

        /// Sends one request on a connection of its own, and lets time pass until its answer has come.
        public func ask(
            _ method: String, _ target: String, fields: KeyValuePairs<String, String> = [:], body: [UInt8] = [],
            of address: SocketAddress = SimulatedNetwork.address
        ) throws -> SimulatedResponse {
            let client = connect(to: address)
            client.send(method, target, fields: fields, body: body)
            let response = try client.response()
            client.close()
            return response
        }

        // MARK: Time

        /// Milliseconds of the clock that the loops of this network go by.
        public var nowMs: Int64 { kernel.nowMs }

        /// Lets time pass, and happen what happens.
        public func advance(ms: Int64) {
            kernel.run(untilMs: kernel.nowMs + ms)
        }

        /// Lets time pass until `isOver`, at most `withinMs`. False when the time was not enough.
        public func advance(withinMs: Int64, until isOver: () -> Bool) -> Bool {
            kernel.run(untilMs: kernel.nowMs + withinMs, isOver)
            return isOver()
        }
    }
#endif
