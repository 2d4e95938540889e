// SPDX-License-Identifier: Apache-2.0
internal import EventHTTP

/// `/upstreams`: everything at a glance, as JSON. The status page is drawn from it.
struct UpstreamsPage {
    let overview: Overview
    let process: ProcessReport
    let quarantines: [PoisonBoard.Listed]
    static let quarantinesMax = 50

    var text: String {
        var json = JSONWriter()
        json.object { json in
            writeProcess(&json)
            writeTraffic(&json)
            json.array("services") { json in
                for service in overview.services { json.object { write(service, &$0) } }
            }
            json.array("quarantined") { json in
                for listed in quarantines.prefix(Self.quarantinesMax) { json.object { write(listed, &$0) } }
            }
            json.array("workers") { json in
                for worker in overview.workers { json.object { write(worker, &$0) } }
            }
        }
        return json.text + "\n"
    }

    private func writeProcess(_ json: inout JSONWriter) {
        json.member("version", BuildInfo.version)
        json.member("pid", ProcessFigures.processID)
        json.member("state", process.state.rawValue)
        json.member("started_at", Int64(process.startedAt))
        json.member("uptime_seconds", Int64(process.now - process.startedAt))
        json.object("process") { json in
            json.member("cpu_seconds", thousandths: Int64(process.figures.cpuSeconds * 1_000))
            if let bytes = process.figures.residentBytes { json.member("resident_bytes", bytes) }
            if let count = process.figures.openFiles { json.member("open_files", count) }
            json.member("open_files_max", OpenFiles.limit)
            json.member("log_lines_dropped", process.droppedLogLines)
        }
        json.object("config") { json in
            json.member("last_reload_success", process.reloads.lastSucceeded)
            json.member("last_reload_at", process.reloads.lastSuccessAt)
            json.member("reloads", process.reloads.succeeded.total)
            json.member("reloads_failed", process.reloads.failed.total)
        }
    }

    private func writeTraffic(_ json: inout JSONWriter) {
        json.object("requests") { json in
            json.member("in_flight", overview.inFlight)
            json.member("unanswered", overview.requests[0])
            for digit in 1..<6 { json.member("\(digit)xx", overview.requests[digit]) }
            json.member("quarantined", overview.quarantined)
            json.member("shed", overview.shed + overview.shedForMemory)
            json.member("queued", overview.queued)
            json.member("limited", overview.limited)
        }
        json.object("connections") { json in
            json.member("open", overview.openConnections)
            json.member("accepted", overview.acceptedConnections)
        }
        var recent: [UInt64] = Array(repeating: 0, count: LatencyQuantile.bucketCount)
        for host in overview.services.flatMap(\.hosts) {
            for bucket in recent.indices { recent[bucket] += host.recent[bucket] }
        }
        writeLatency(recent, &json)
    }

    private func write(_ service: Overview.Service, _ json: inout JSONWriter) {
        json.member("name", service.configuration.name)
        json.member("weight", service.configuration.weight)
        json.member("tier", service.configuration.tier)
        json.member("requests", service.requests)
        json.member("retries", service.retries)
        json.member("over_budget", service.overBudget)
        json.member("retry_budget", service.budget)
        json.member("hedges", service.hedges)
        json.member("hedges_won", service.hedgesWon)
        json.array("hosts") { json in
            for host in service.hosts { json.object { write(host, &$0) } }
        }
    }

    private func write(_ host: Overview.Host, _ json: inout JSONWriter) {
        json.member("address", host.address)
        json.member("name", host.name)
        json.member("weight", host.weight)
        json.member("state", host.status.rawValue)
        if let reason = host.status.reason(host.state) {
            json.member("reason", reason)
        } else {
            json.null("reason")
        }
        if host.status == .ejected {
            json.member("ejected_for_ms", max(host.state.timeMs - overview.nowMs, 0))
        }
        json.member("ejections", host.ejections)
        json.member("in_flight", host.totals.connectionsActive)
        json.member("idle_connections", host.totals.connectionsIdle)
        json.member("requests", host.totals.successes + host.totals.allFailures)
        json.member("failures", host.totals.allFailures)
        json.object("failures_by_reason") { json in
            json.member("5xx", host.totals.answers[5])
            for reason in FailureReason.allCases {
                json.member(reason.label, host.totals.failures[Int(reason.rawValue)])
            }
        }
        writeLatency(host.recent, &json)
    }

    /// Of the last half minute, in milliseconds.
    private func writeLatency(_ counts: [UInt64], _ json: inout JSONWriter) {
        json.object("latency_ms") { json in
            for (name, perMille) in [("p50", 500), ("p95", 950), ("p99", 990)] as [(String, UInt64)] {
                if let us = LatencyQuantile.quantile(perMille: perMille, of: counts) {
                    json.member(name, thousandths: us)
                } else {
                    json.null(name)
                }
            }
        }
    }

    private func write(_ listed: PoisonBoard.Listed, _ json: inout JSONWriter) {
        json.member("request", listed.name)
        json.member("ends_in_ms", max(listed.quarantine.untilMs - overview.nowMs, 0))
        json.member("on_probation", listed.quarantine.isOnProbation)
        json.member("deaths", listed.quarantine.deaths)
        json.member("quarantines", listed.quarantine.count)
        json.member("refused", listed.quarantine.refusals)
    }

    private func write(_ worker: Overview.Worker, _ json: inout JSONWriter) {
        json.member("lag_ms", thousandths: worker.lagUs)
        json.member("stalled", worker.hasStalled)
        json.member("sheds", worker.shedLevel.label)
        json.member("connections", worker.openConnections)
    }
}

extension LoadShedder.Level {
    var label: String {
        switch self {
        case .nothing: "nothing"
        case .retries: "retries"
        case .everything: "everything"
        }
    }
}
