// SPDX-License-Identifier: Apache-2.0

/// What each key is for, for the JSON Schema and the example. Written by `make config-docs` from the comments of
/// ProxyConfiguration*.swift: a new key needs its comment there, and that command.
enum ConfigurationDocumentation {
    /// The words for the key with this path, such as `proxy.listen.port`; or, of a section that stands in several
    /// places, for its name alone.
    static func text(_ path: String) -> String? { texts[path] ?? texts[name(of: path)] }

    /// The last part of a path.
    static func name(of path: String) -> String { path.split(separator: ".").last.map(String.init) ?? path }

    static let texts: [String: String] = {
        var texts: [String: String] = [:]
        for line in lines.split(separator: "\n") {
            let name = line.prefix { $0 != " " }
            texts[String(name)] = String(line.dropFirst(name.count + 1))
        }
        return texts
    }()

    private static let lines = """
        add Fields that are added to those that came. Default: none.
        allow Addresses and blocks of addresses that may ask. Default: none.
        burst So many may come at once after a pause; up to 1000000. 0: as many as requests. Default: 0.
        by Whose requests are counted together: address, those of a client (of IPv6, of the network of 64 bits that \
        it has); route, all; field NAME, those with the same value of a field. Default: address.
        deny Addresses and blocks of addresses that are answered 403. Default: none.
        per The time of requests. Default: 1s.
        proxy.admin Where operators ask.
        proxy.admin.address The IPv4 or IPv6 address to bind, without brackets. Default: 127.0.0.1, this machine \
        alone.
        proxy.admin.enabled Whether there is such a listener. Default: true.
        proxy.admin.port The TCP port, from 1 to 65535. Default: 9901.
        proxy.admin.token_file A file with a token, 16 to 1024 visible ASCII characters, that all must know who ask \
        for anything but /livez, /readyz and /startupz; "" for none. It is read again when it changes. Default: "".
        proxy.balancing Which host is next.
        proxy.balancing.hash_cookie hash goes by the value of this cookie, and by the client's address if there is \
        none; not beside hash_field. "" for no cookie. Default: "".
        proxy.balancing.hash_field hash goes by the value of this request field, and by the client's address if \
        there is none; "" for always the address. Default: "".
        proxy.balancing.policy round_robin, services and then their hosts in turn by their weights; p2c, of two \
        hosts at random the one that answers sooner and has less to do; hash, the same host for the same client as \
        long as it is not overloaded. Default: round_robin.
        proxy.balancing.slow_start A host that comes back begins with a tenth of its share, which grows to all of it \
        in this time. Default: 5s.
        proxy.discovery How the names of hosts are resolved.
        proxy.discovery.hold How long the last addresses of a name stay in use when the resolver says that it has \
        none. While the resolver gives no answer they stay in use for ever. Default: 30s.
        proxy.discovery.interval Between two lookups of a name. Default: 5s.
        proxy.drain How the proxy ends when it is told to.
        proxy.drain.delay How long new connections are taken after SIGTERM, so that whoever sends requests learns \
        that this proxy goes. Ctrl-C ends without it. Default: 10s.
        proxy.drain.timeout How long requests in flight may take after that. Default: 30s.
        proxy.health_check How hosts are checked beside the requests that they get.
        proxy.health_check.expect_body What the first 16384 bytes of the answer's content must hold, at most 1024 \
        bytes; "" for anything. Default: "".
        proxy.health_check.expect_status The statuses with which an answer passes, such as 204 and 200-399, from 200 \
        to 599. Default: 200-399.
        proxy.health_check.fall A host is out after so many checks in a row that fail; from 1 to 100. Default: 3.
        proxy.health_check.interval Between two checks of a host. They are faster, every 500 ms at most, while the \
        results change. Default: 2s.
        proxy.health_check.path What http asks for. Default: /readyz.
        proxy.health_check.rise A host that is out is in again after so many checks in a row that pass; from 1 to \
        100. Default: 2.
        proxy.health_check.timeout After so long without an answer a check has failed. Default: 1s.
        proxy.health_check.type tcp connects to hosts that took no connections, to find out whether they are back; \
        http sends a request to every host, whose answer must be as expected, and takes a host out while it answers \
        with the field x-drain: 1; none checks nothing. Default: tcp.
        proxy.limits How much of everything the proxy accepts.
        proxy.limits.adaptive How many requests a service is sent at a time follows from how long it takes for them: \
        fewer while they take longer than half more than without load, at least 4 from each worker. host_requests \
        stays the most for each host. Default: false.
        proxy.limits.body_bytes The largest body of a request, up to 1 TiB; 0 for no limit; bytes. Default: 0.
        proxy.limits.connections How many clients each worker serves at a time, up to 1048576; 0 for as many as the \
        limit on descriptors allows. Default: 0.
        proxy.limits.fields How many field lines a head may have, from 10 to 1000. Default: 100.
        proxy.limits.head_bytes The largest head of a message, from 4096 to 65536; bytes. Default: 32768.
        proxy.limits.host_queue How many requests may wait for their turn at a host that has as many as it may, up \
        to 65536; 0 for none. Each worker has an equal share of it, at least 1. Default: 1024.
        proxy.limits.host_requests How many requests a host is sent at a time, up to 1048576; 0 for as many as the \
        limit on descriptors allows. Each worker has an equal share of it, at least 1. Default: 0.
        proxy.limits.line_bytes The longest request line or field line, from 1024 to 65536; bytes. Default: 8192.
        proxy.listen Where the proxy accepts connections.
        proxy.listen.address The IPv4 or IPv6 address to bind, without brackets. Default: 0.0.0.0, all IPv4 \
        addresses of the machine.
        proxy.listen.port The TCP port, from 1 to 65535. Default: 8888.
        proxy.listen.proxy_protocol Whether the proxies in proxy.trusted_proxies begin each connection with a PROXY \
        header (version 1 or 2), which says whose connection it is. From them it is then mandatory; nobody else can \
        send one. Default: false.
        proxy.log What the proxy writes about its work, and where.
        proxy.log.access Whether each request is a line, true or false. Default: true.
        proxy.log.console Whether lines go to the standard output too, true or false. Default: true.
        proxy.log.file The file that lines are appended to; "" for none. Default: /tmp/proxy/event.log.
        proxy.log.format text for people or json, an object a line, for programs. Default: text.
        proxy.log.level The least important line to write; trace, debug, info, notice, warning, error or critical. \
        Default: debug.
        proxy.log.sample The share of those lines that is written, from 0 to 1. What went wrong is written in any \
        case: answers from 500 on, requests that took more than one attempt, clients that left. Default: 1.
        proxy.origin_header The field the proxy adds to each response to say which host answered it; "" for none. \
        Default: Host.
        proxy.proxy_status Answers that the proxy makes itself, and those that took more than one host, say why \
        (Proxy-Status, RFC 9209). Default: true.
        proxy.rate_limit How many requests are passed on at all, whatever their routes. Default: all.
        proxy.request_fields What is done to the fields of every request before an origin gets it. Default: nothing.
        proxy.request_id Each request is given a name that its origins, its client (X-Request-ID) and the log get; \
        one that comes is kept only from a peer that is trusted. Default: true.
        proxy.request_timeout Whose X-Request-Timeout-Ms makes timeouts.response shorter for their request: trusted, \
        that of trusted_proxies; any, that of everybody. Origins are then told in that field how long their answer \
        is waited for. ignore: it is a field like any other. Default: ignore.
        proxy.response_fields What is done to the fields of every response of an origin before the client gets it. \
        Default: nothing.
        proxy.retry Further attempts beyond their number.
        proxy.retry.attempts How many hosts a request is sent to, the first one included, before its failure becomes \
        the client's. From 1 (no retry) to 10. Default: 3.
        proxy.retry.hedge A GET or HEAD that takes longer than nearly all others is also sent to a second host, and \
        the first answer is passed on. Default: true.
        proxy.retry.idempotency_key A request with an Idempotency-Key field may be sent again whatever its method, \
        because its origin promises to do it once. Default: false.
        proxy.routes Which requests may go to which services, and what is done with them. The route that says most \
        of a request is its route, whatever their order; one that has none is answered 404. Default: none, and all \
        services get all requests.
        proxy.routes.auth Users who alone may ask for this, with a password. Default: none, and everybody may.
        proxy.routes.auth.forward Whether origins get the Authorization field, too. Default: false.
        proxy.routes.auth.realm What browsers call the place that they ask a password for; 1 to 128 visible ASCII \
        characters and spaces, without " and \\. Default: restricted.
        proxy.routes.auth.users Names, and hashes of passwords as htpasswd -nB NAME writes them: bcrypt ($2y$, $2b$) \
        or SHA-2 ($5$, $6$). Default: none.
        proxy.routes.auth.users_file A file with a user in each line, as htpasswd writes it, such as one of a Secret \
        of Kubernetes; beside users or instead. It is read again when it changes. Default: "", none.
        proxy.routes.host The host that the request is for, without a port: a name or an address, or *.example.com \
        for all names that end so. Letter case does not matter. Default: "", any.
        proxy.routes.method The method, in upper case as a rule. Default: "", any.
        proxy.routes.override Requests with a certain field or cookie go to one service, which need be no other \
        request's; the first that is right counts. Default: none.
        proxy.routes.override.cookie The name of a cookie, or ""; one of the two is needed. Default: "".
        proxy.routes.override.field The name of a request field, or "". Default: "".
        proxy.routes.override.service The name of the service that then gets the request. Required.
        proxy.routes.override.value The value that it must have; "" for any. Default: "".
        proxy.routes.path_prefix The segments that the path begins with: /api is /api and /api/x, and not /apix. \
        Default: /, all paths.
        proxy.routes.rate_limit How many of these requests are passed on. Default: all.
        proxy.routes.request_fields What is done to the fields of requests, after what is done to those of all. \
        Default: nothing.
        proxy.routes.response_fields The same for responses. Default: nothing.
        proxy.routes.services The names of the services that may get the request, for the first attempt and every \
        other. Default: all.
        proxy.routes.split Which part of the requests each service gets; not beside services. What one could not \
        answer, the others may get. Default: none, and the services share as balancing says.
        proxy.routes.split.service The name of the service. Required.
        proxy.routes.split.weight Its share beside those of the others, from 0 (it only gets what others could not \
        answer) to 256. Required.
        proxy.routes.sticky By what a client is known, so that split gives all of its requests to the same service: \
        address, field NAME or cookie NAME (without it: the address); or none, each request by itself. Default: \
        none.
        proxy.services The services behind the proxy, at least one. Required.
        proxy.services.host The hosts of the service, at least one, none twice. Required.
        proxy.services.host.address An IPv4 address, an IPv6 address without brackets, or a DNS name, which is \
        resolved again and again. Required.
        proxy.services.host.port The TCP port, from 1 to 65535, or srv (here 0): the address is the name of a \
        service, such as _http._tcp.app.example.com, whose SRV records have the hosts, their ports and their \
        weights. Required.
        proxy.services.host.weight The host's share of the requests of its service; from 1 to 256. Default: 1.
        proxy.services.name The name in logs and metrics, 1 to 63 of the characters A-Z a-z 0-9 . _ -. Required; no \
        two services share a name.
        proxy.services.send_proxy v2: each connection to a host begins with a PROXY header (version 2) that says \
        which client it is for, so that no other client's requests come over it; none: there is no header, and \
        clients share connections. Default: none.
        proxy.services.tier 0 for services that are used first; those of higher tiers take over as much as is \
        missing there. From 0 to 7. Default: 0.
        proxy.services.weight The service's share of the requests, beside those of the others of its tier; from 1 to \
        256. Default: 1.
        proxy.timeouts How long the proxy waits for whom.
        proxy.timeouts.client_body Between two pieces of a request's body. Default: 10s.
        proxy.timeouts.client_header From the first byte of a request to the end of its head. Default: 10s.
        proxy.timeouts.client_idle How long a client's connection may rest between requests. Default: 75s.
        proxy.timeouts.client_write How long a client may take none of the response's bytes. Default: 30s.
        proxy.timeouts.connect From the first attempt to connect to a host until it has accepted. Default: 3s.
        proxy.timeouts.host_queue How long a request may wait for its turn at a host that has as many as it may. \
        Default: 1s.
        proxy.timeouts.origin_body Between two pieces of a response's body. Default: 15s.
        proxy.timeouts.origin_idle How long a connection to a host is kept for the next request. Default: 4s, less \
        than the 5 seconds after which common servers close theirs.
        proxy.timeouts.per_try The part of it that one attempt may take while another could follow. Default: 5s.
        proxy.timeouts.response From the end of the request to the end of the response's head, whatever is tried \
        meanwhile. Default: 15s.
        proxy.timeouts.tunnel How long an upgraded connection may carry nothing in either direction. Default: 1h.
        proxy.tracing The part that the proxy has in distributed traces.
        proxy.tracing.traceparent What becomes of that field. propagate: a valid one goes on, each attempt being a \
        span of its own in its trace, an invalid one does not; generate: a request without a valid one begins a \
        trace; off: it goes on as it came, like any field. Default: propagate.
        proxy.trusted_proxies Addresses and blocks of addresses of proxies in front of this one, such as 10.0.0.0/8. \
        Only they are believed what X-Forwarded-For and its kin say of a client. Default: none.
        proxy.workers How many threads, each with an event loop and a listening socket of its own, share the \
        connections. auto (one per processor the process may use) or a number from 1 to 256. Default: auto.
        remove Names of fields that are not passed on. Default: none.
        requests So many in the time of per, evenly; up to 1000000. 0: no limit. Default: 0.
        set Fields whose value is this and nothing else, whatever came. Default: none.
        """
}
