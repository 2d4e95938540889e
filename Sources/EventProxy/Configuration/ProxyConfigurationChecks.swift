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
    }
}
