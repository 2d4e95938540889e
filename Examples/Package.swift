// swift-tools-version: 6.2
// SPDX-License-Identifier: Apache-2.0
import PackageDescription

/// Programs as one would write them on top of EventHTTP: `swift run hello`, then `curl http://127.0.0.1:8000/`.
let names = ["hello", "json-api", "upload", "events", "websocket-echo", "static-files", "authentication", "aggregate"]

let package = Package(
    name: "Examples",
    dependencies: [.package(name: "EventHTTP", path: "..")],
    targets: names.map { name in
        .executableTarget(
            name: name, dependencies: [.product(name: "EventHTTPAsync", package: "EventHTTP")],
            swiftSettings: [.enableUpcomingFeature("NonisolatedNonsendingByDefault")])
    }
)
