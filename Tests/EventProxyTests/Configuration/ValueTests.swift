// SPDX-License-Identifier: Apache-2.0
import EventProxy
import Testing

/// A value, and what follows "must be" in the message about it.
typealias BadValue = (yaml: String, message: String)

@Suite struct ValueTests {
    /// What is wrong with `yaml` as the value of `key` of `section`, whose line is 3.
    private func message(_ section: String, _ key: String, _ yaml: String) -> String {
        let found = errors(in: file("  \(section):\n    \(key): \(yaml)"))
        let prefix = "3:\(7 + key.count): proxy.\(section).\(key) must be "
        guard found.count == 1, found[0].hasPrefix(prefix) else { return "unexpected \(found)" }
        return String(found[0].dropFirst(prefix.count))
    }

    @Test(
        arguments: [
            ("70000", "found the number 70000"), ("0", "found the number 0"), ("-1", "found the number -1"),
            ("80.5", "found the number 80.5"), ("8e3", "found the number 8e3"), ("0x1F", "found the number 0x1F"),
            ("0o17", "found the number 0o17"), ("+80", "found the number +80"), (".inf", "found the number .inf"),
            ("080", "found the number 080; remove the leading zero"), ("8_888", "found '8_888'"),
            (String(repeating: "9", count: 61), "found the number \(String(repeating: "9", count: 60))…"),
            ("http", "found 'http'"),
            ("\"8888\"", "found the quoted text '8888'; remove the quotes"),
            ("'8888'", "found the quoted text '8888'; remove the quotes"), ("'x'", "found the quoted text 'x'"),
            ("'70000'", "found the quoted text '70000'"), ("true", "found the boolean true"),
            ("null", "found nothing"), ("~", "found nothing"), ("[80]", "found a list"), ("{a: 1}", "found a mapping"),
            ("''", "found the quoted text ''"), ("80 81", "found '80 81'"),
        ] as [BadValue])
    func `a port is a whole number`(_ bad: BadValue) {
        #expect(message("listen", "port", bad.yaml) == "a whole number from 1 to 65535, \(bad.message)")
    }

    @Test(
        arguments: [
            ("10", "found the number 10; add a unit to the number: ms, s, m or h"),
            ("'10'", "found the quoted text '10'; add a unit to the number: ms, s, m or h"),
            ("0", "found the number 0; add a unit to the number: ms, s, m or h"),
            ("1.5", "found the number 1.5; add a unit to the number: ms, s, m or h"),
            ("1.5s", "found '1.5s'; write a whole number and ms, s, m or h without a space"),
            ("10 s", "found '10 s'; write a whole number and ms, s, m or h without a space"),
            ("1d", "found '1d'; write a whole number and ms, s, m or h without a space"),
            ("10S", "found '10S'; write a whole number and ms, s, m or h without a space"),
            ("1m30s", "found '1m30s'; write a whole number and ms, s, m or h without a space"),
            ("0s", "found '0s'"), ("25h", "found '25h'"), ("1441m", "found '1441m'"),
            ("86400001ms", "found '86400001ms'"),
            ("99999999999999999999s", "found '99999999999999999999s'"), ("s", "found 's'"), ("-1s", "found '-1s'"),
            ("~", "found nothing"), ("false", "found the boolean false"), ("[1s]", "found a list"),
        ] as [BadValue])
    func `a duration is a whole number with a unit`(_ bad: BadValue) {
        let wanted = "a duration from 1ms to 24h such as 250ms or 10s"
        #expect(message("timeouts", "connect", bad.yaml) == "\(wanted), \(bad.message)")
    }

    @Test func `a key without a value is reported where the value is missing`() {
        #expect(
            errors(in: file("  listen:\n    port:\n    address: # none")) == [
                "3:10: proxy.listen.port must be a whole number from 1 to 65535, found nothing",
                "4:13: proxy.listen.address must be an IPv4 or IPv6 address, found nothing",
            ])
    }

    @Test(
        arguments: [
            ("yes", "found 'yes'; write true"), ("on", "found 'on'; write true"), ("Off", "found 'Off'; write false"),
            ("no", "found 'no'; write false"), ("\"true\"", "found the quoted text 'true'; remove the quotes"),
            ("'False'", "found the quoted text 'False'; remove the quotes"), ("1", "found the number 1"),
            ("tRue", "found 'tRue'; write true"), ("stdout", "found 'stdout'"), ("null", "found nothing"),
        ] as [BadValue])
    func `a boolean is true or false`(_ bad: BadValue) {
        #expect(message("log", "console", bad.yaml) == "true or false, \(bad.message)")
    }

    @Test(
        arguments: [
            ("inof", "found 'inof'; did you mean 'info'?"), ("WARNING", "found 'WARNING'; did you mean 'warning'?"),
            ("fatal", "found 'fatal'"), ("3", "found the number 3"), ("~", "found nothing"), ("[]", "found a list"),
        ] as [BadValue])
    func `a level is one of a few words`(_ bad: BadValue) {
        let levels = "one of trace, debug, info, notice, warning, error, critical"
        #expect(message("log", "level", bad.yaml) == "\(levels), \(bad.message)")
    }

    @Test(
        arguments: [
            ("localhost", "found 'localhost'; write 127.0.0.1 or ::1"), ("0.0.0", "found '0.0.0'"),
            ("\"[::]\"", "found the quoted text '[::]'; remove the brackets"), ("10.99", "found the number 10.99"),
            ("127.0.0.1:80", "found '127.0.0.1:80'; write the port under the key 'port'"),
            ("\"\"", "found the quoted text ''"),
            ("fe80::1%eth0", "found 'fe80::1%eth0'; an address with a zone is not supported"), ("eth0", "found 'eth0'"),
            ("[\"::\"]", "found a list"),
        ] as [BadValue])
    func `a listening address is an IPv4 or IPv6 address`(_ bad: BadValue) {
        #expect(message("listen", "address", bad.yaml) == "an IPv4 or IPv6 address, \(bad.message)")
    }

    @Test(
        arguments: [
            ("http://a.example", "found 'http://a.example'; remove the scheme"),
            ("a:80", "found 'a:80'; write the port under the key 'port'"),
            ("a b", "found 'a b'"), ("10.0.0.256", "found '10.0.0.256'"), ("8081", "found the number 8081"),
            ("-a", "found '-a'"), ("\"a\\tb\"", "found the quoted text 'a\\u{9}b'"),
        ] as [BadValue])
    func `a host is an address or a name`(_ bad: BadValue) {
        let text = "proxy:\n  services: [{name: a, host: [{port: 1, address: \(bad.yaml)}]}]\n"
        let prefix = "2:50: proxy.services[0].host[0].address must be an IPv4 address, an IPv6 address or a host name, "
        #expect(errors(in: text) == [prefix + bad.message])
    }

    @Test(arguments: [
        "Content-Length", "transfer-encoding", "Connection", "Keep-Alive", "TE", "trailer", "Upgrade",
        "Proxy-Connection", "DATE",
    ])
    func `the origin header is none that frames a message or belongs to a connection`(_ name: String) {
        #expect(
            errors(in: file("  origin_header: \(name)")) == [
                "2:18: proxy.origin_header must be a field name (\"\" for none), found '\(name)'; "
                    + "that field controls the connection or is the proxy's own"
            ])
    }

    @Test(
        arguments: [
            ("Served By", "found 'Served By'; use letters, digits and -"),
            ("\"a\\r\\nb\"", "found the quoted text 'a\\u{d}\\u{a}b'; use letters, digits and -"),
            ("Höst", "found 'Höst'; use letters, digits and -"),
            ("'a:'", "found the quoted text 'a:'; use letters, digits and -"),
            ("false", "found the boolean false; put it in quotes"), ("~", "found nothing"),
            ("1", "found the number 1; put it in quotes"),
        ] as [BadValue])
    func `the origin header is a token`(_ bad: BadValue) {
        let found = errors(in: file("  origin_header: \(bad.yaml)"))
        let prefix = "2:18: proxy.origin_header must be a field name (\"\" for none), "
        #expect(found == [prefix + bad.message])
    }

    @Test(
        arguments: [
            ("'a b'", "found the quoted text 'a b'; use letters, digits, - and _"),
            ("a;b", "found 'a;b'; use letters, digits, - and _"), ("1", "found the number 1; put it in quotes"),
            ("[]", "found a list"),
        ] as [BadValue])
    func `the name of a cookie is a token`(_ bad: BadValue) {
        let found = errors(in: file("  balancing: {hash_cookie: \(bad.yaml)}"))
        let prefix = "2:28: proxy.balancing.hash_cookie must be a cookie's name (\"\" for none), "
        #expect(found == [prefix + bad.message])
    }

    @Test func `what the hash goes by is a field or a cookie`() throws {
        let cookie = try parse(file("  balancing: {policy: hash, hash_field: \"\", hash_cookie: sid}")).balancing
        #expect(cookie.hashCookie == "sid" && cookie.hashField == nil)
        #expect(
            errors(in: file("  balancing:\n    hash_field: X-User\n    policy: hash\n    hash_cookie: sid"))
                == ["5:18: proxy.balancing.hash_cookie cannot stand beside hash_field; remove one of them"])
        #expect(
            errors(in: file("  balancing:\n    hash_cookie: sid\n    hash_field: X-User"))
                == ["4:17: proxy.balancing.hash_field cannot stand beside hash_cookie; remove one of them"])
    }

    @Test(
        arguments: [
            ("0", "found the number 0"), ("257", "found the number 257"), ("automatic", "found 'automatic'"),
            ("'4'", "found the quoted text '4'; remove the quotes"), ("[]", "found a list"), ("~", "found nothing"),
        ] as [BadValue])
    func `workers are auto or a number`(_ bad: BadValue) {
        let prefix = "2:12: proxy.workers must be auto or a whole number from 1 to 256, "
        #expect(errors(in: file("  workers: \(bad.yaml)")) == [prefix + bad.message])
    }

    @Test func `the port of a service's hosts is for its records to say`() throws {
        let host = try parse(serviceFile).services[0].hosts[0]
        #expect(host.address == "_http._tcp.app.test" && host.port == 0)
        #expect(try parse(try parse(serviceFile).yaml) == parse(serviceFile))
        let wrong = """
            proxy:
              services:
                - name: a
                  host: [{address: a, port: Srv}, {address: "10.0.0.1", port: 0}]

            """
        let wants = "must be srv or a whole number from 1 to 65535"
        #expect(
            errors(in: wrong) == [
                "4:33: proxy.services[0].host[0].port \(wants), found 'Srv'",
                "4:67: proxy.services[0].host[1].port \(wants), found the number 0",
            ])
    }

    @Test func `what has records is a name, which stands alone`() {
        let wrong = """
            proxy:
              services:
                - name: a
                  host:
                    - {address: "10.0.0.1", port: srv}
                    - {address: app, port: srv, weight: 2}

            """
        #expect(
            errors(in: wrong) == [
                "5:21: proxy.services[0].host[0].address has no SRV records, being no name; write its port",
                "6:45: proxy.services[0].host[1].weight is for its SRV records to say; remove it",
            ])
        let twice = wrong.replacing("\"10.0.0.1\"", with: "app").replacing(", weight: 2", with: "")
        #expect(errors(in: twice) == ["6:11: host 'app' port srv is already on line 5"])
    }

    @Test(
        arguments: [
            ("1.0", "found the number 1.0; put it in quotes"), ("true", "found the boolean true; put it in quotes"),
            ("a/b", "found 'a/b'"), ("ä", "found 'ä'"), ("''", "found the quoted text ''"), ("[]", "found a list"),
            (String(repeating: "a", count: 64), "found '\(String(repeating: "a", count: 60))…'"),
        ] as [BadValue])
    func `a service name is short and plain`(_ bad: BadValue) {
        let text = "proxy:\n  services: [{host: [{port: 1, address: a}], name: \(bad.yaml)}]\n"
        let prefix = "2:52: proxy.services[0].name must be a name of 1 to 63 of the characters A-Z a-z 0-9 . _ -, "
        #expect(errors(in: text) == [prefix + bad.message])
    }

    @Test(arguments: [
        ("line_bytes", "1024", "65536"), ("head_bytes", "4096", "65536"), ("fields", "10", "1000"),
        ("body_bytes", "0", "1099511627776"), ("connections", "0", "1048576"), ("host_requests", "0", "1048576"),
        ("host_queue", "0", "65536"),
    ])
    func `each limit has a range that includes its ends`(_ key: String, _ least: String, _ most: String) throws {
        #expect(errors(in: file("  limits: {\(key): \(least)}")).isEmpty)
        #expect(errors(in: file("  limits: {\(key): \(most)}")).isEmpty)
        for outside in [Int(least)! - 1, Int(most)! + 1] {
            let wanted = "a whole number from \(least) to \(most), found the number \(outside)"
            #expect(message("limits", key, "\(outside)") == wanted)
        }
    }

    @Test func `attempts are from one to ten`() {
        for attempts in 0...11 {
            let message = "2:21: proxy.retry.attempts must be a whole number from 1 to 10, found the number \(attempts)"
            #expect(
                errors(in: file("  retry: {attempts: \(attempts)}")) == ((1...10).contains(attempts) ? [] : [message]))
        }
    }

    @Test func `a log file is a path`() {
        #expect(
            message("log", "file", "false") == "a file path (\"\" for none), found the boolean false; put it in quotes")
        #expect(message("log", "file", "\"a\\0b\"") == "a file path (\"\" for none), found the quoted text 'a\\u{0}b'")
        #expect(message("log", "format", "xml") == "one of text, json, found 'xml'")
    }

    @Test func `a share is at most all`() {
        #expect(errors(in: file("  log: {sample: 1.0}")).isEmpty)
        let found = errors(in: file("  log: {sample: 1.000001}"))
        #expect(
            found.count == 1 && found[0].hasPrefix("2:17: proxy.log.sample must be a share from 0 to 1"), "\(found)")
    }
}
