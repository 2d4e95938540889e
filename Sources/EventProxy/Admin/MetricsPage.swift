// SPDX-License-Identifier: Apache-2.0
internal import EventHTTP

/// `/metrics`. Labels have few values: services, hosts, classes of status codes, reasons; never paths or clients.
///
/// What a family means is told in Observability.md, which a test compares with this.
struct MetricsPage {
    let overview: Overview
    let process: ProcessReport

    var text: String {
        var metrics = MetricsText()
        writeRequests(&metrics)
        writeServices(&metrics)
        writeHosts(&metrics)
        writeFailover(&metrics)
        writeWorkers(&metrics)
        writeProxy(&metrics)
        writeProcess(&metrics)
        return metrics.text
    }

    private func writeRequests(_ metrics: inout MetricsText) {
        metrics.begin("proxy_requests_total", .counter, "Requests by the class of the status that the client got.")
        for digit in 0..<6 {
            metrics.sample([("code", digit == 0 ? "none" : "\(digit)xx")], overview.requests[digit])
        }
        metrics.begin(
            "proxy_request_duration_seconds", .histogram, "From a request's head to the end of its response.")
        metrics.sample([], overview.durations)
        metrics.begin("proxy_requests_in_flight", .gauge, "Requests that have begun and not ended.")
        metrics.sample(overview.inFlight)
        metrics.begin("proxy_response_content_bytes_total", .counter, "Content sent to clients.")
        metrics.sample(overview.contentBytes)
        metrics.begin("proxy_client_connections", .gauge, "Connections of clients that are open.")
        metrics.sample(overview.openConnections)
        metrics.begin("proxy_client_connections_accepted_total", .counter, "Connections of clients that were accepted.")
        metrics.sample(overview.acceptedConnections)
        metrics.begin("proxy_requests_shed_total", .counter, "Requests answered 503 by an overloaded proxy, by reason.")
        metrics.sample([("reason", "loop_lag")], overview.shed)
        metrics.sample([("reason", "memory")], overview.shedForMemory)
        metrics.begin("proxy_requests_queued_total", .counter, "Attempts that waited for their turn at a host.")
        metrics.sample(overview.queued)
        metrics.begin("proxy_requests_limited_total", .counter, "Attempts that no host had room for.")
        metrics.sample(overview.limited)
        metrics.begin("proxy_auth_refused_total", .counter, "Requests that only users may make and did not, by reason.")
        for (reason, count) in overview.authRefused { metrics.sample([("reason", reason)], count) }
    }

    private func writeServices(_ metrics: inout MetricsText) {
        let services = overview.services
        let counters: [(String, String, (Overview.Service) -> UInt64)] = [
            ("proxy_service_requests_total", "Requests whose first attempt went to the service.", { $0.requests }),
            ("proxy_retries_total", "Further attempts after a failed one.", { $0.retries }),
            ("proxy_retries_over_budget_total", "Retries and hedges that the budget refused.", { $0.overBudget }),
            ("proxy_hedges_total", "Second attempts beside one that was slow.", { $0.hedges }),
            ("proxy_hedges_won_total", "Of these, the ones that answered first.", { $0.hedgesWon }),
        ]
        for (name, help, value) in counters {
            metrics.begin(name, .counter, help)
            for service in services { metrics.sample(labels(service), value(service)) }
        }
        metrics.begin("proxy_retry_budget", .gauge, "Retries and hedges that the budget has left.")
        for service in services { metrics.sample(labels(service), service.budget) }
        metrics.begin(
            "proxy_service_concurrency_limit", .gauge, "Requests that a service is sent at once, by limits.adaptive.")
        for service in services where service.concurrencyLimit > 0 {
            metrics.sample(labels(service), service.concurrencyLimit)
        }
        metrics.begin(
            "proxy_upstream_first_byte_seconds", .histogram,
            "From the end of an attempt's request to the head of its response.")
        for service in services { metrics.sample(labels(service), service.firstByte) }
    }

    private func writeHosts(_ metrics: inout MetricsText) {
        metrics.begin("proxy_upstream_requests_total", .counter, "Attempts that a host answered, by class of status.")
        each { labels, host in
            for digit in 1..<6 { metrics.sample(labels + [("code", "\(digit)xx")], host.totals.answers[digit]) }
        }
        metrics.begin("proxy_upstream_failures_total", .counter, "Attempts that a host did not answer, by reason.")
        each { labels, host in
            for reason in FailureReason.allCases {
                metrics.sample(
                    labels + [("reason", reason.label)], host.totals.failures[Int(reason.rawValue)])
            }
        }
        metrics.begin("proxy_upstream_connections", .gauge, "Connections to a host: active ones carry a request each.")
        each { labels, host in
            metrics.sample(labels + [("state", "active")], host.totals.connectionsActive)
            metrics.sample(labels + [("state", "idle")], host.totals.connectionsIdle)
        }
        metrics.begin("proxy_upstream_connects_total", .counter, "Connections to a host that were begun.")
        each { labels, host in metrics.sample(labels, host.totals.connectionsMade) }
        metrics.begin("proxy_upstream_up", .gauge, "1 if a host gets ordinary requests.")
        each { labels, host in metrics.sample(labels, host.status.isUsed ? 1 : 0) }
        metrics.begin("proxy_upstream_state", .gauge, "1 for the state that a host is in, 0 for the others.")
        each { labels, host in
            for status in HostStatus.allCases {
                metrics.sample(labels + [("state", status.rawValue)], host.status == status ? 1 : 0)
            }
        }
        metrics.begin("proxy_ejections_total", .counter, "How often a host was ejected.")
        each { labels, host in metrics.sample(labels, host.ejections) }
    }

    private func writeFailover(_ metrics: inout MetricsText) {
        metrics.begin(
            "proxy_ejections_refused_total", .counter, "Ejections that were not made, as too many hosts were out.")
        metrics.sample(overview.ejectionsRefused)
        metrics.begin(
            "proxy_poison_requests_total", .counter, "Requests answered 503 because their like has killed origins.")
        metrics.sample(overview.quarantined)
        metrics.begin("proxy_poison_deaths_total", .counter, "Connections that died under a request.")
        metrics.sample([("cause", "suspect")], overview.poison.suspectDeaths)
        metrics.sample([("cause", "shared")], overview.poison.sharedDeaths)
        metrics.begin("proxy_poison_acquittals_total", .counter, "Suspect deaths whose host turned out to live.")
        metrics.sample(overview.poison.acquittals)
        metrics.begin("proxy_poison_quarantines_total", .counter, "Quarantines of requests that were begun.")
        metrics.sample(overview.poison.quarantines)
        metrics.begin("proxy_poison_quarantined", .gauge, "Kinds of requests that are quarantined.")
        metrics.sample(overview.poison.quarantined)
    }

    private func writeWorkers(_ metrics: inout MetricsText) {
        metrics.begin("proxy_loop_lag_seconds", .gauge, "How late a worker was at most in the last 5 to 10 seconds.")
        for (number, worker) in overview.workers.enumerated() {
            metrics.sample([("worker", "\(number)")], Double(worker.lagUs) / 1e6)
        }
        metrics.begin("proxy_worker_shedding", .gauge, "What a worker refuses: 0 nothing, 1 retries, 2 all requests.")
        for (number, worker) in overview.workers.enumerated() {
            metrics.sample([("worker", "\(number)")], UInt64(worker.shedLevel.rawValue))
        }
    }

    private func writeProxy(_ metrics: inout MetricsText) {
        let reloads = process.reloads
        metrics.begin("proxy_config_last_reload_success", .gauge, "1 if what the file says is in force.")
        metrics.sample(reloads.lastSucceeded ? 1 : 0)
        metrics.begin("proxy_config_last_reload_success_timestamp_seconds", .gauge, "When that came into force.")
        metrics.sample(reloads.lastSuccessAt)
        metrics.begin("proxy_config_reloads_total", .counter, "Configurations read after the start, by result.")
        metrics.sample([("result", "success")], reloads.succeeded.total)
        metrics.sample([("result", "failure")], reloads.failed.total)
        metrics.begin("proxy_state", .gauge, "1 for the state that the proxy is in, 0 for the others.")
        for state in ProcessReport.State.allCases {
            metrics.sample([("state", state.rawValue)], process.state == state ? 1 : 0)
        }
        metrics.begin("proxy_log_lines_dropped_total", .counter, "Lines of the log that could not be written.")
        metrics.sample(process.droppedLogLines)
        metrics.begin("proxy_build_info", .gauge, "Always 1; the labels say what is running.")
        metrics.sample([("version", BuildInfo.version), ("build", BuildInfo.configuration)], 1)
    }

    /// Under the names that every client of Prometheus gives them.
    private func writeProcess(_ metrics: inout MetricsText) {
        metrics.begin("process_start_time_seconds", .gauge, "When the process began, in seconds since 1970.")
        metrics.sample(process.startedAt)
        metrics.begin("process_cpu_seconds_total", .counter, "Processor time, user and system.")
        metrics.sample(process.figures.cpuSeconds)
        metrics.begin("process_resident_memory_bytes", .gauge, "Memory that is resident.")
        if let bytes = process.figures.residentBytes { metrics.sample(bytes) }
        metrics.begin("process_open_fds", .gauge, "Open file descriptors.")
        if let count = process.figures.openFiles { metrics.sample(count) }
        metrics.begin("process_max_fds", .gauge, "The limit on them.")
        metrics.sample(OpenFiles.limit)
    }

    private func labels(_ service: Overview.Service) -> MetricsText.Labels {
        [("service", service.configuration.name)]
    }

    private func each(_ body: (MetricsText.Labels, Overview.Host) -> Void) {
        for service in overview.services {
            for host in service.hosts { body(labels(service) + [("host", host.address)], host) }
        }
    }
}
