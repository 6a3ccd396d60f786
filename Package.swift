// swift-tools-version: 6.2
import PackageDescription

// The arrows of the house: app → actors and edges → pure core. A target may import only what is listed here.

let strict: [SwiftSetting] = [
    .strictMemorySafety(),
    .treatAllWarnings(as: .error),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
]

let package = Package(
    name: "patchbay",
    targets: [
        // Pure core: values in, values out. No socket, clock, task or log.
        .systemLibrary(name: "CCrypto", pkgConfig: "libcrypto", providers: [.apt(["libssl-dev"])]),
        .target(name: "Digests", dependencies: ["CCrypto"], swiftSettings: strict),
        .testTarget(name: "DigestsTests", dependencies: ["Digests"], swiftSettings: strict),
        .target(name: "Timeline", swiftSettings: strict),
        .testTarget(name: "TimelineTests", dependencies: ["Timeline"], swiftSettings: strict),
        .target(name: "Addresses", swiftSettings: strict),
        .testTarget(name: "AddressesTests", dependencies: ["Addresses"], swiftSettings: strict),
        .target(name: "Wording", swiftSettings: strict),
        .testTarget(name: "WordingTests", dependencies: ["Wording"], swiftSettings: strict),
        .target(name: "CallCore", dependencies: ["Timeline"], swiftSettings: strict),
        .testTarget(name: "CallCoreTests", dependencies: ["CallCore", "Timeline"], swiftSettings: strict),

        // Base: what every layer but the pure core may use.
        .systemLibrary(name: "CLinux"),
        .target(name: "Telemetry", dependencies: ["CLinux", "Timeline", "Wording"], swiftSettings: strict),
        .testTarget(name: "TelemetryTests", dependencies: ["Telemetry", "Timeline", "Wording"], swiftSettings: strict),
        .target(
            name: "Configuration", dependencies: ["Addresses", "Telemetry", "Timeline", "Wording"],
            swiftSettings: strict),
        .testTarget(
            name: "ConfigurationTests", dependencies: ["Addresses", "Configuration", "Telemetry", "Wording"],
            swiftSettings: strict),
        .target(name: "Commands", dependencies: ["Telemetry", "Wording"], swiftSettings: strict),
        .testTarget(name: "CommandsTests", dependencies: ["Commands", "Telemetry", "Wording"], swiftSettings: strict),
    ]
)
