// swift-tools-version: 6.2
// SPDX-License-Identifier: Apache-2.0
import PackageDescription

/// The same hello on both tiers of EventHTTP and on its peers, each with one event loop. A package of its own, so that
/// the peers are nobody else's dependency.
let package = Package(
    name: "hello",
    dependencies: [
        .package(name: "EventHTTP", path: "../../.."),
        .package(url: "https://github.com/hummingbird-project/hummingbird", exact: "2.28.1"),
        .package(url: "https://github.com/apple/swift-nio", exact: "2.101.2"),
    ],
    targets: [
        .executableTarget(name: "hello-sync", dependencies: [.product(name: "EventHTTP", package: "EventHTTP")]),
        .executableTarget(name: "hello-async", dependencies: [.product(name: "EventHTTPAsync", package: "EventHTTP")]),
        .executableTarget(
            name: "hello-hummingbird", dependencies: [.product(name: "Hummingbird", package: "hummingbird")]),
        .executableTarget(
            name: "hello-nio",
            dependencies: [
                .product(name: "NIOCore", package: "swift-nio"), .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "NIOHTTP1", package: "swift-nio"),
            ]),
    ]
)
