// SPDX-License-Identifier: Apache-2.0

extension ProxyConfiguration {
    /// Finds what is wrong with values that are right by themselves. `root` is what they were read from.
    func checkTogether(_ root: YAMLNode, _ findings: inout Findings) {
        guard let proxy = root.value(of: "proxy") else { return }
        if listen.proxyProtocol, trustedProxies.isEmpty,
            let place = proxy.value(of: "listen")?.value(of: "proxy_protocol")
        {
            let remedy = "list the addresses of those that send the header there"
            findings.report(
                place.position, "proxy.listen.proxy_protocol needs proxy.trusted_proxies, which is empty; \(remedy)")
        }
        if let list = proxy.value(of: "services") { checkServices(list, &findings) }
        healthCheck.check(proxy, &findings)
        checkAdmin(proxy, &findings)
        check(rateLimit, proxy, "proxy.rate_limit", &findings)
        if let list = proxy.value(of: "routes") { checkRoutes(list, &findings) }
    }

    /// The records of a service are under names, and have the weights.
    private func checkServices(_ list: YAMLNode, _ findings: inout Findings) {
        guard case .sequence(let nodes) = list.content else { return }
        for (index, (service, node)) in zip(services, nodes).enumerated() {
            guard case .sequence(let hosts)? = node.value(of: "host")?.content else { continue }
            for (number, (host, node)) in zip(service.hosts, hosts).enumerated() where host.isService {
                let path = "proxy.services[\(index)].host[\(number)]"
                if HostSyntax.isAddress(host.address), let place = node.value(of: "address") {
                    findings.report(
                        place.position, "\(path).address has no SRV records, being no name; write its port")
                }
                if host.weight != 1, let place = node.value(of: "weight") {
                    findings.report(place.position, "\(path).weight is for its SRV records to say; remove it")
                }
            }
        }
    }

    /// Two listeners of one process on one address would share its connections at random.
    private func checkAdmin(_ proxy: YAMLNode, _ findings: inout Findings) {
        let isEverywhere = [admin.address, listen.address].contains { $0 == "0.0.0.0" || $0 == "::" }
        let isSame = admin.port == listen.port && (isEverywhere || admin.address == listen.address)
        guard admin.enabled, isSame else { return }
        let section = proxy.value(of: "admin") ?? proxy.value(of: "listen") ?? proxy
        let place = section.value(of: "port") ?? section
        findings.report(
            place.position, "proxy.admin and proxy.listen have the same port \(admin.port); give one of them another")
    }

    /// A limit without its number limits nothing, which nobody means who writes one.
    private func check(_ limit: RateLimit, _ parent: YAMLNode, _ path: String, _ findings: inout Findings) {
        guard limit.requests == 0, limit != RateLimit(), let place = parent.value(of: "rate_limit") else { return }
        findings.report(place.position, "\(path) needs the key 'requests', which must be more than 0")
    }

    /// More routes than anybody reads; each request is compared with one after the other.
    static let routesMax = 256

    private func checkRoutes(_ list: YAMLNode, _ findings: inout Findings) {
        guard case .sequence(let nodes) = list.content else { return }
        if routes.count > Self.routesMax {
            findings.report(
                list.position, "proxy.routes has \(routes.count) items; at most \(Self.routesMax) are allowed")
        }
        let names = services.map(\.name)
        for (index, (route, node)) in zip(routes, nodes).enumerated() {
            check(route.rateLimit, node, "proxy.routes[\(index)].rate_limit", &findings)
            route.checkSplit(node, "proxy.routes[\(index)]", &findings)
            let named = route.namedServices(node)
            if names.count > ServiceMask.servicesMax, let first = named.first {
                let most = "routes can choose among at most \(ServiceMask.servicesMax) services"
                findings.report(first.node.position, "\(most), and there are \(names.count)")
                return
            }
            for (name, place, path) in named where !names.contains(name) {
                let nearest = name.nearest(of: names).map { " (did you mean '\($0)'?)" } ?? ""
                let path = "proxy.routes[\(index)].\(path)"
                findings.report(place.position, "no service is called \(name.quotedForMessage) in \(path)\(nearest)")
            }
        }
    }
}
