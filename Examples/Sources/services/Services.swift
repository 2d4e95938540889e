// SPDX-License-Identifier: Apache-2.0
import EventHTTPAsync
import Metrics
import MetricsTestKit
import ServiceLifecycle

/// A server as one of a program's services, which start together and shut down in order, and its metrics. This takes
/// the traits `ServiceLifecycle` and `Metrics` of EventHTTP.
///
///     curl http://127.0.0.1:8000/ http://127.0.0.1:8000/metrics
///     kill -TERM …    # what is in flight is finished; with -INT it is cut off
@main
struct Services {
    static func main() async throws {
        let port = CommandLine.arguments.dropFirst().first.flatMap { UInt16($0) } ?? 8000
        // In earnest this is the backend of whatever collects the figures, such as Prometheus.
        let figures = TestMetrics()
        MetricsSystem.bootstrap(figures)
        let server = try AsyncServer(port: port) { request, exchange in
            switch request.path {
            case "/": return Response("Hello!\n")
            case "/slow":
                try await exchange.sleep(forMs: 500)
                return Response("at last\n")
            case "/metrics": return Response(figures.text)
            default: throw HTTPError(.notFound)
            }
        }
        // The last one is shut down first: nobody waits for an answer when the cleaner ends.
        let group = ServiceGroup(
            services: [Cleaner(), server], gracefulShutdownSignals: [.sigterm], cancellationSignals: [.sigint],
            logger: Logger(label: "services"))
        try await group.run()
    }
}

/// Work beside the server, until it is told to stop.
struct Cleaner: Service {
    func run() async throws {
        try? await cancelWhenGracefulShutdown {
            while true { try await Task.sleep(for: .seconds(60)) }
        }
    }
}

extension TestMetrics {
    /// A line for each figure.
    fileprivate var text: String {
        let all =
            counters.map { "\(name($0.label, $0.dimensions)) \($0.totalValue)" }
            + meters.map { "\(name($0.label, $0.dimensions)) \(Int($0.values.last ?? 0))" }
            + timers.map { "\(name($0.label, $0.dimensions)) \($0.values.count)" }
        return all.sorted().joined(separator: "\n") + "\n"
    }

    private func name(_ label: String, _ dimensions: [(String, String)]) -> String {
        "\(label){\(dimensions.map { "\($0.0)=\($0.1)" }.joined(separator: ","))}"
    }
}
