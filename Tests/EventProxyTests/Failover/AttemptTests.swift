// SPDX-License-Identifier: Apache-2.0
import Testing

@testable import EventHTTP
@testable import EventProxy

struct AttemptTests {
    /// An attempt that has tried so many hosts, of which so many connections died.
    private func attempt(tried: Int, deaths: Int) -> Attempt {
        var attempt = Attempt()
        for host in 0..<tried {
            attempt.began(host: host)
            if host < deaths { attempt.died(host: host, id: host, host == 0 ? .retry : .stop) }
        }
        return attempt
    }

    @Test func `another host is asked exactly when that cannot do harm`() {
        for tried in 1...5 {
            for deaths in 0...min(tried, 3) {
                for attemptsMax in 1...5 {
                    for bits in 0..<8 {
                        let (isIdempotent, isReplayable, wasSent) = (bits & 1 != 0, bits & 2 != 0, bits & 4 != 0)
                        let may = attempt(tried: tried, deaths: deaths).mayTryAnother(
                            attemptsMax: attemptsMax, isIdempotent: isIdempotent, isReplayable: isReplayable,
                            wasSent: wasSent)
                        let wanted =
                            tried < attemptsMax && deaths < 2 && isReplayable && (isIdempotent || !wasSent)
                        #expect(may == wanted, "\(tried) \(deaths) \(attemptsMax) \(bits)")
                        // P2 and P7 by themselves.
                        if may { #expect(isIdempotent || !wasSent) }
                        if may { #expect(deaths < 2) }
                    }
                }
            }
        }
    }

    @Test func `the same host is asked again once, over a fresh connection`() {
        for bits in 0..<8 {
            let (isIdempotent, isReplayable, wasSent) = (bits & 1 != 0, bits & 2 != 0, bits & 4 != 0)
            var attempt = attempt(tried: 1, deaths: 0)
            attempt.failed(.lost)
            if wasSent { attempt.died(host: 0, id: 0, .retry) }
            let may = attempt.mayReplay(isIdempotent: isIdempotent, isReplayable: isReplayable, wasSent: wasSent)
            #expect(may == (isReplayable && (isIdempotent || !wasSent)))
            #expect(attempt.deaths == (wasSent ? 1 : 0))
            attempt.replayed()
            #expect(!attempt.mayReplay(isIdempotent: true, isReplayable: true, wasSent: false))
            attempt.began(host: 1)
            #expect(attempt.mayReplay(isIdempotent: true, isReplayable: true, wasSent: true))
        }
        #expect(!attempt(tried: 2, deaths: 2).mayReplay(isIdempotent: true, isReplayable: true, wasSent: false))
    }

    @Test func `a host that took a fresh connection after a death is still one host`() {
        var attempt = Attempt()
        attempt.began(host: 3)
        attempt.died(host: 3, id: 3, .retry)
        attempt.replayed()
        attempt.died(host: 3, id: 3, .retry)
        #expect(attempt.deaths == 1)
        #expect(attempt.mayTryAnother(attemptsMax: 2, isIdempotent: true, isReplayable: true, wasSent: true))
        attempt.began(host: 4)
        #expect(attempt.deaths(with: 4) == 2)
    }

    @Test func `a request that is cleared of two deaths may try another host`() {
        var attempt = attempt(tried: 2, deaths: 2)
        #expect(!attempt.mayTryAnother(attemptsMax: 3, isIdempotent: true, isReplayable: true, wasSent: true))
        attempt.pardoned()
        #expect(attempt.mayTryAnother(attemptsMax: 3, isIdempotent: true, isReplayable: true, wasSent: true))
        #expect(!attempt.mayTryAnother(attemptsMax: 3, isIdempotent: false, isReplayable: true, wasSent: true))
    }

    @Test func `a request on probation gets one attempt`() {
        var attempt = attempt(tried: 1, deaths: 0)
        attempt.onProbation()
        #expect(!attempt.mayReplay(isIdempotent: true, isReplayable: true, wasSent: false))
        #expect(
            !attempt.mayTryAnother(attemptsMax: 10, isIdempotent: true, isReplayable: true, wasSent: false))
    }

    @Test(arguments: [
        ClientFailure.lost, .connect(111), .connectTimeout, .responseTimeout, .bodyTimeout, .malformed(.statusLine),
    ])
    func `only connecting sends nothing`(failure: ClientFailure) {
        var attempt = attempt(tried: 1, deaths: 0)
        attempt.failed(failure)
        #expect(attempt.failure == failure)
        #expect(failure.isOfConnecting == [.connect(111), .connectTimeout].contains(failure))
    }

    @Test(arguments: [
        (nil as ClientFailure?, 503), (.connect(111), 502), (.lost, 502), (.malformed(.statusLine), 502),
        (.connectTimeout, 504), (.responseTimeout, 504), (.bodyTimeout, 504),
    ])
    func `without any answer the last failure says which error it is`(failure: ClientFailure?, status: Int) {
        #expect(Int(ProxyResponse.noOrigin(failure).status.code) == status)
    }
}
