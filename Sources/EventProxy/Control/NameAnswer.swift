// SPDX-License-Identifier: Apache-2.0
internal import EventHTTP

/// What the resolver says of the name of hosts.
struct NameAnswer: Sendable {
    let places: [HostPlace]
    /// How long it holds; milliseconds. Nil if that is not known: the system's resolver does not say it of addresses.
    let ttlMs: Int64?

    init(_ addresses: [SocketAddress], ttlMs: Int64? = nil) {
        places = addresses.map { HostPlace(address: $0) }
        self.ttlMs = ttlMs
    }

    init(_ service: ServiceAnswer) {
        let weights = Self.weights(service.places.map(\.weight))
        places = zip(service.places, weights).map { HostPlace(address: $0.address, weight: $1) }
        ttlMs = Int64(service.ttlSeconds) * 1_000
    }

    /// The weights of a service's records, from 0 to 65535, as those of hosts, from 1 to `weightMax`. Kubernetes gives
    /// all records of a service the same, whatever it is.
    static func weights(_ given: [UInt16]) -> [Int] {
        let divisor = given.reduce(0) { greatestCommonDivisor($0, Int($1)) }
        let units = given.map { divisor == 0 ? 1 : Int($0) / divisor }
        let most = max(units.max() ?? 1, ProxyConfiguration.weightMax)
        return units.map { max(1, $0 * ProxyConfiguration.weightMax / most) }
    }

    private static func greatestCommonDivisor(_ a: Int, _ b: Int) -> Int {
        b == 0 ? a : greatestCommonDivisor(b, a % b)
    }

    /// Asks the system's resolver, on a thread of its own on which `completion` is called. False if there is no thread.
    static func lookUp(
        _ name: HostName, _ completion: @escaping @Sendable (Result<NameAnswer, Resolver.Failure>) -> Void
    ) -> Bool {
        if let port = name.port {
            return Resolver.lookUp(name.name, port: port) { completion($0.map { NameAnswer($0) }) }
        }
        return Resolver.lookUp(service: name.name) { completion($0.map { NameAnswer($0) }) }
    }
}
