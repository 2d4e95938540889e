// swift-tools-version: 6.2
// SPDX-License-Identifier: Apache-2.0
import PackageDescription

// A package of its own, because all that it depends on is built with coverage and AddressSanitizer; see the script
// beside it, and `make fuzz`.
let package = Package(
    name: "fuzz",
    dependencies: [
        .package(name: "EventHTTP", path: "../.."),
        .package(url: "https://github.com/apple/swift-log", exact: "1.16.2"),
    ],
    targets: [
        .target(name: "CFuzzer"),
        .executableTarget(
            name: "fuzz",
            dependencies: [
                "CFuzzer", .product(name: "EventHTTP", package: "EventHTTP"),
                .product(name: "EventProxy", package: "EventHTTP"), .product(name: "Logging", package: "swift-log"),
            ],
            swiftSettings: [
                .swiftLanguageMode(.v6), .enableUpcomingFeature("ExistentialAny"),
                .enableExperimentalFeature("Lifetimes"),
            ]),
    ]
)
