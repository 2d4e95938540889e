// SPDX-License-Identifier: Apache-2.0
import Logging

@testable import EventHTTP
@testable import EventProxy

/// A whole proxy in a simulated network, between a client that sends any bytes and origins that answer any bytes.
///
/// The input: a byte for the seed of the network, a byte of flags, two bytes for how many of the rest are the client's;
/// what remains is cut at each byte 0xff into what the origins answer, one piece for each request.
///
/// The promises: what reaches an origin is HTTP, as an independent strict reader sees it; no origin gets a request that
/// the client did not send (P1); what reaches the client is HTTP; and when it is over, nothing is left open or lent.
func fuzzProxy(_ input: [UInt8]) {
    guard input.count > 4 else { return }
    let rest = input.dropFirst(4)
    let count = min((Int(input[2]) << 8 | Int(input[3])), rest.count)
    let world = FuzzWorld(
        seed: UInt64(input[0]), flags: input[1], Array(rest.prefix(count)),
        answers: rest.dropFirst(count).split(separator: 0xff, omittingEmptySubsequences: false).map(Array.init))
    world.run()
}

private final class FuzzWorld {
    let kernel: SimulatedKernel
    let flags: UInt8
    let bytes: [UInt8]
    var answers: [[UInt8]]
    var requests: Set<String> = []
    private let address = SocketAddress("10.9.9.9", port: 8_888)!
    private var loop: EventLoop?
    private var server: HTTPServer?
    private var client: FuzzClient?
    private var hasDrained = false

    init(seed: UInt64, flags: UInt8, _ bytes: [UInt8], answers: [[UInt8]]) {
        kernel = SimulatedKernel(seed: seed)
        self.flags = flags
        self.bytes = bytes
        self.answers = answers
    }

    func run() {
        let hosts = (1...3).map { ProxyConfiguration.Host(address: "10.0.0.\($0)", port: 8_000) }
        let listeners = hosts.map { _ in FuzzOrigin(self) }
        for (host, listener) in zip(hosts, listeners) {
            kernel.listen(listener, at: SocketAddress(host.address, port: host.port)!)
        }
        var configuration = ProxyConfiguration(services: [
            .init(name: "a", hosts: Array(hosts[..<2])), .init(name: "b", hosts: Array(hosts[2...])),
        ])
        configuration.healthCheck.type = .none
        configuration.limits.connections = 10
        if flags & 1 != 0 { configuration.trustedProxies = [AddressBlock("0.0.0.0/0")!] }
        kernel.enter {
            var logger = Logger(label: "proxy-log")
            logger.logLevel = .critical
            let setup = ProxySetup(configuration, seed: 1, workers: 1, fingerprintKey: 7, logger: logger)
            let loop = EventLoop()
            self.loop = loop
            let handler = ReverseProxy(setup, on: loop, worker: 0)
            guard let socket = try? ListeningSocket(on: address) else { return promise(false, "no socket") }
            server = HTTPServer(
                on: loop, socket: socket, options: setup.serverOptions, metrics: setup.serverMetrics(worker: 0),
                handler: handler)
        }
        let client = FuzzClient(self)
        self.client = client
        kernel.connect(client, from: SocketAddress("192.0.2.1", port: 40_000)!, to: address)
        kernel.run(untilMs: kernel.nowMs + 120_000) { client.isOver }
        client.leave()
        kernel.enter { server?.drain(.immediate) { [unowned self] in hasDrained = true } }
        kernel.run(untilMs: kernel.nowMs + 60_000) { hasDrained }
        kernel.run(untilMs: kernel.nowMs + 10_000)
        promise(hasDrained, "it does not come to an end")
        promise(requests.count <= sent, "\(requests.count) requests came of the \(sent) that were sent")
        promise(kernel.idleWakesMax <= 2, "a watcher woke for nothing")
        let pool = loop?.pool
        kernel.enter {
            server = nil
            loop = nil
            kernel.dropLoops()
        }
        promise(pool?.lentCount == 0, "\(pool?.lentCount ?? -1) buffers are lent")
        promise(kernel.openCount == 0 && kernel.watchedCount == 0, "descriptors are left: \(kernel.openText)")
    }

    /// How many requests the client has sent, as the parser by itself sees them.
    private lazy var sent: Int = {
        var rest = bytes[...]
        var count = 0
        while !rest.isEmpty {
            var index = FieldIndex(capacity: ParserLimits.fieldsCapMax)
            let head = exactly(rest) { try? RequestParser.parse($0, limits: ParserLimits(), into: &index) }
            guard let head = head ?? nil else { break }
            count += 1
            rest = rest.dropFirst(head.length)
            var decoder = BodyDecoder(head.framing)
            var isComplete = false
            body: while !isComplete {
                let step = exactly(rest) { bytes in try? decoder.next(bytes) }
                switch step {
                case .data(let range): rest = rest.dropFirst(range.upperBound)
                case .ended(let consumed):
                    rest = rest.dropFirst(consumed)
                    isComplete = true
                case .trailers(let consumed):
                    rest = rest.dropFirst(consumed)
                    let end = exactly(rest) {
                        try? FieldParser.parse($0, from: 0, limits: ParserLimits(), into: &index)
                    }
                    guard let end = end ?? nil else { break body }
                    rest = rest.dropFirst(end)
                    isComplete = true
                case .more, nil: break body
                }
            }
            if !isComplete { break }
        }
        return count
    }()
}

private final class FuzzClient: SimulatedPeer {
    private unowned let world: FuzzWorld
    private var connection: SimulatedConnection?
    private var reader = MessageReader(readsRequests: false)
    private(set) var isOver = false
    /// Answers to HEAD cannot be told from others without knowing what was asked.
    private let judges: Bool

    init(_ world: FuzzWorld) {
        self.world = world
        let text = String(decoding: world.bytes, as: UTF8.self)
        judges = !text.contains("HEAD ") && !text.lowercased().contains("upgrade")
    }

    func connected(_ connection: SimulatedConnection) {
        self.connection = connection
        var rest = world.bytes[...]
        let pieces = world.flags & 2 != 0 ? 1 : 1 + Int(world.flags >> 4)
        for piece in 0..<pieces {
            let size = piece == pieces - 1 ? rest.count : rest.count / (pieces - piece)
            let bytes = Array(rest.prefix(size))
            rest = rest.dropFirst(size)
            world.kernel.after(ms: Int64(piece)) { [weak connection, self] in
                if !isOver { connection?.send(bytes) }
                if piece == pieces - 1 { sentAll() }
            }
        }
    }

    private func sentAll() {
        if world.flags & 4 != 0, !isOver { connection?.endSending() }
        world.kernel.after(ms: 60_000) { [weak self] in self?.isOver = true }
    }

    func received(_ connection: SimulatedConnection) {
        reader.feed(connection.take())
        guard judges else { return }
        do {
            while let event = try reader.next() {
                if case .head(let head) = event {
                    promise((100..<600).contains(head.status), "a status of \(head.status)")
                    promise(head.status != 101, "a tunnel that nobody asked for")
                }
            }
        } catch {
            promise(false, "the client was sent what is not HTTP: \(error)")
        }
    }

    func ended(_ connection: SimulatedConnection) { leave() }
    func broken(_ connection: SimulatedConnection) {
        isOver = true
        self.connection = nil
    }

    func leave() {
        isOver = true
        connection?.close()
        connection = nil
    }
}

private final class FuzzOrigin: SimulatedListener {
    private unowned let world: FuzzWorld
    init(_ world: FuzzWorld) { self.world = world }

    func connecting() -> SimulatedAnswer { .accept(FuzzOriginConnection(world)) }
}

private final class FuzzOriginConnection: SimulatedPeer {
    private let world: FuzzWorld
    private var reader = MessageReader(readsRequests: true)
    private var isOver = false
    private var isTunnel = false

    init(_ world: FuzzWorld) { self.world = world }

    func connected(_ connection: SimulatedConnection) {}

    func received(_ connection: SimulatedConnection) {
        reader.feed(connection.take())
        if isTunnel { return }
        do {
            while !isOver, !isTunnel, let event = try reader.next() {
                switch event {
                case .head(let head):
                    promise(head.values("host").count == 1, "\(head.values("host").count) Host fields")
                    promise(head.values("x-request-id").count == 1, "no name, or two")
                    promise(head.values("content-length").count <= 1, "two lengths")
                    world.requests.insert(head["x-request-id"] ?? "")
                    isTunnel = head["upgrade"] != nil
                    if world.flags & 8 != 0 { answer(connection) }
                case .complete:
                    if world.flags & 8 == 0 { answer(connection) }
                }
            }
        } catch {
            promise(false, "an origin was sent what is not HTTP: \(error)")
        }
    }

    private func answer(_ connection: SimulatedConnection) {
        guard !world.answers.isEmpty else { return end(connection) }
        var bytes = world.answers.removeFirst()
        // Endings are as likely as what they end.
        let closes = bytes.last == 0xfe
        if closes { bytes.removeLast() }
        connection.send(bytes)
        if closes { end(connection) }
    }

    private func end(_ connection: SimulatedConnection) {
        isOver = true
        connection.close()
    }

    func ended(_ connection: SimulatedConnection) {
        if !isOver { end(connection) }
    }
    func broken(_ connection: SimulatedConnection) { isOver = true }
}
