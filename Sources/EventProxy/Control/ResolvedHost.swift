// SPDX-License-Identifier: Apache-2.0
internal import EventHTTP

/// An address of a host of a service. A name that has several is several hosts.
struct ResolvedHost: Sendable {
    /// Tells it from all others that this process has met: it stays with the host, and no other gets it later.
    var id = 0
    let service: String
    /// It is told in a PROXY header whose connection it is given.
    let takesProxyHeader: Bool
    /// As the configuration has it.
    let host: ProxyConfiguration.Host
    let address: SocketAddress
    /// Its share of the requests of its service.
    let weight: Int

    init(_ service: ProxyConfiguration.Service, _ host: ProxyConfiguration.Host, at place: HostPlace) {
        self.service = service.name
        takesProxyHeader = service.sendProxy == .v2
        self.host = host
        address = place.address
        weight = place.weight ?? host.weight
    }

    /// What it is known by from one snapshot to the next. One that expects a PROXY header, or does not any more, has
    /// connections that are no use.
    var key: String { "\(service) \(address) \(takesProxyHeader)" }

    /// `NAME-ADDRESS-PORT`, as in the reference. Of a name it has the address, which tells its hosts apart.
    var label: String {
        let isLiteral = HostName(host).literal != nil
        return "\(service)-\(isLiteral ? host.address : address.host)-\(address.port)"
    }

    /// What outlives a reload, and the process: the consistent hash goes by it.
    var identity: UInt64 { Hash64.hash(Array(address.description.utf8).span, seed: 0) }
}

/// A name and a port in the configuration.
struct HostName: Hashable, Sendable {
    let name: String
    /// Nil if it is the name of a service, whose records have the ports.
    let port: UInt16?

    init(_ host: ProxyConfiguration.Host) {
        name = host.address
        port = host.isService ? nil : host.port
    }

    /// The address that it is, if it is one and no name.
    var literal: SocketAddress? { port.flatMap { SocketAddress(name, port: $0) } }
}

/// A host of a name.
struct HostPlace: Sendable, Hashable {
    let address: SocketAddress
    /// Its share of the requests, if the resolver says it.
    var weight: Int?
}

/// The hosts that names have, as far as they are known.
struct KnownAddresses: Sendable {
    private var byName: [HostName: [HostPlace]] = [:]

    subscript(name: HostName) -> [HostPlace] {
        get {
            if let literal = name.literal { return [HostPlace(address: literal)] }
            return byName[name] ?? []
        }
        set { byName[name] = newValue }
    }
}

extension ProxyConfiguration {
    /// The names of all hosts that have to be resolved, each once.
    var hostNames: Set<HostName> {
        Set(services.flatMap(\.hosts).map { HostName($0) }.filter { $0.literal == nil })
    }
}
