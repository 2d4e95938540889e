// swift-tools-version: 6.2
// SPDX-License-Identifier: Apache-2.0
import PackageDescription

/// What every target of ours compiles with: Swift 6 mode, strict memory safety, no warning tolerated.
let house: [SwiftSetting] = [
    .swiftLanguageMode(.v6),
    .strictMemorySafety(),
    .treatAllWarnings(as: .error),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
    .enableExperimentalFeature("Lifetimes"),
]

/// Tests drive sockets and processes through libc, so they do without strict memory safety.
let tests: [SwiftSetting] = [
    .swiftLanguageMode(.v6),
    .enableUpcomingFeature("ExistentialAny"),
    .enableExperimentalFeature("Lifetimes"),
]

let package = Package(
    name: "EventHTTP",
    products: [
        .library(name: "EventHTTP", targets: ["EventHTTP"]),
        .library(name: "EventHTTPAsync", targets: ["EventHTTPAsync"]),
        .library(name: "EventHTTPTesting", targets: ["EventHTTPTesting"]),
        .library(name: "EventProxy", targets: ["EventProxy"]),
        .executable(name: "app-server", targets: ["app-server"]),
        .executable(name: "proxy-server", targets: ["proxy-server"]),
    ],
    traits: [
        .trait(name: "ServiceLifecycle", description: "AsyncServer is a Service of swift-service-lifecycle"),
        .trait(name: "Metrics", description: "EventHTTPAsync tells swift-metrics of its requests"),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", exact: "1.8.2"),
        .package(url: "https://github.com/apple/swift-log", exact: "1.16.2"),
        // Without its default trait, which would link FoundationEssentials for the sake of URL.
        .package(url: "https://github.com/apple/swift-http-types", exact: "1.8.0", traits: []),
        // Each for the trait of its name, and fetched by those alone who enable it.
        .package(url: "https://github.com/swift-server/swift-service-lifecycle", exact: "2.13.0"),
        .package(url: "https://github.com/apple/swift-metrics", exact: "2.13.0"),
    ],
    targets: [
        .systemLibrary(name: "CEv", providers: [.apt(["libev-dev"]), .brew(["libev"])]),
        .systemLibrary(name: "CYAML", providers: [.apt(["libyaml-dev"]), .brew(["libyaml"])]),
        .systemLibrary(name: "CCrypt", providers: [.apt(["libcrypt-dev"]), .brew(["libxcrypt"])]),
        .target(
            name: "EventHTTP",
            dependencies: ["CEv", .product(name: "Logging", package: "swift-log")],
            swiftSettings: house),
        .target(
            name: "EventHTTPAsync",
            dependencies: [
                "EventHTTP", .product(name: "HTTPTypes", package: "swift-http-types"),
                .product(name: "Logging", package: "swift-log"),
                .product(
                    name: "ServiceLifecycle", package: "swift-service-lifecycle",
                    condition: .when(traits: ["ServiceLifecycle"])),
                .product(name: "Metrics", package: "swift-metrics", condition: .when(traits: ["Metrics"])),
            ],
            swiftSettings: house),
        .target(name: "EventHTTPTesting", dependencies: ["EventHTTP"], swiftSettings: house),
        .target(
            name: "EventProxy",
            dependencies: ["EventHTTP", "CYAML", "CCrypt", .product(name: "Logging", package: "swift-log")],
            resources: [.embedInCode("Admin/status.html")],
            swiftSettings: house),
        .executableTarget(
            name: "app-server",
            dependencies: [
                "EventHTTP", .product(name: "ArgumentParser", package: "swift-argument-parser"),
                .product(name: "Logging", package: "swift-log"),
            ],
            swiftSettings: house),
        .executableTarget(name: "proxy-server", dependencies: ["EventProxy"], swiftSettings: house),
        .target(name: "TestSupport", dependencies: ["EventHTTP"], path: "Tests/TestSupport", swiftSettings: tests),
        .testTarget(name: "EventHTTPTests", dependencies: ["EventHTTP", "TestSupport"], swiftSettings: tests),
        .testTarget(
            name: "EventHTTPAsyncTests", dependencies: ["EventHTTPAsync", "EventHTTP", "TestSupport"],
            swiftSettings: tests),
        .testTarget(
            name: "EventHTTPTestingTests",
            dependencies: ["EventHTTPTesting", "EventHTTPAsync", "EventHTTP", "EventProxy"],
            swiftSettings: tests),
        .testTarget(
            name: "EventProxyTests", dependencies: ["EventProxy", "EventHTTP", "TestSupport"], swiftSettings: tests),
        .testTarget(
            name: "SimulationTests", dependencies: ["EventProxy", "EventHTTP"], swiftSettings: tests),
        .testTarget(name: "AppServerTests", dependencies: ["app-server", "EventHTTP"], swiftSettings: tests),
        .testTarget(
            name: "EndToEndTests", dependencies: ["app-server", "proxy-server", "EventHTTP", "TestSupport"],
            swiftSettings: tests),
        .testTarget(
            name: "ConformanceTests", dependencies: ["app-server", "proxy-server", "TestSupport"],
            swiftSettings: tests),
        .testTarget(name: "TidyTests", dependencies: ["TestSupport"], swiftSettings: tests),
    ]
)
