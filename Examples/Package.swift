// swift-tools-version: 6.2
// SPDX-License-Identifier: Apache-2.0
import PackageDescription

/// Programs as one would write them on top of EventHTTP: `swift run hello`, then `curl http://127.0.0.1:8000/`.
let names = ["hello", "json-api", "upload", "events", "websocket-echo", "static-files", "authentication", "aggregate"]

let settings: [SwiftSetting] = [.enableUpcomingFeature("NonisolatedNonsendingByDefault")]
let eventHTTPAsync = Target.Dependency.product(name: "EventHTTPAsync", package: "EventHTTP")

let package = Package(
    name: "Examples",
    dependencies: [
        // The traits, and the packages below, are for `services` alone.
        .package(name: "EventHTTP", path: "..", traits: ["ServiceLifecycle", "Metrics"]),
        .package(url: "https://github.com/swift-server/swift-service-lifecycle", exact: "2.13.0"),
        .package(url: "https://github.com/apple/swift-metrics", exact: "2.13.0"),
    ],
    targets: names.map { name in
        .executableTarget(name: name, dependencies: [eventHTTPAsync], swiftSettings: settings)
    } + [
        .executableTarget(
            name: "edge", dependencies: [.product(name: "EventProxy", package: "EventHTTP")], swiftSettings: settings),
        .executableTarget(
            name: "services",
            dependencies: [
                eventHTTPAsync, .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
                .product(name: "Metrics", package: "swift-metrics"),
                .product(name: "MetricsTestKit", package: "swift-metrics"),
            ],
            swiftSettings: settings),
    ]
)
