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
        .target(name: "Timeline", swiftSettings: strict),
        .target(name: "HTTPWire", dependencies: ["Digests"], swiftSettings: strict),

        // Edges: one thin module per outside thing.
        .target(
            name: "CTransport",
            cSettings: [.define("_GNU_SOURCE")],
            linkerSettings: [
                .linkedLibrary("websockets"), .linkedLibrary("uv"), .linkedLibrary("ssl"), .linkedLibrary("crypto"),
            ]),
        .target(name: "SocketLoop", dependencies: ["CTransport", "Timeline"], swiftSettings: strict),
        .target(name: "HTTPLoop", dependencies: ["HTTPWire", "SocketLoop", "Timeline"], swiftSettings: strict),

        // The app.
        .executableTarget(
            name: "patchbay", dependencies: ["HTTPLoop", "HTTPWire", "SocketLoop", "Timeline"], swiftSettings: strict),

        // Measuring.
        .executableTarget(
            name: "bench-relay", dependencies: ["HTTPLoop", "HTTPWire", "SocketLoop", "Timeline"], path: "bench/relay",
            swiftSettings: strict),

        .testTarget(name: "DigestsTests", dependencies: ["Digests"], swiftSettings: strict),
        .testTarget(name: "SocketLoopTests", dependencies: ["SocketLoop", "Timeline"], swiftSettings: strict),
        .testTarget(name: "HTTPWireTests", dependencies: ["HTTPWire"], swiftSettings: strict),
    ]
)

// Built by Tests/Fuzz/run alone: outside the fuzzer's runtime this target has nothing to link to.
if Context.environment["PATCHBAY_FUZZ"] != nil {
    package.targets.append(
        .executableTarget(name: "fuzz", dependencies: ["HTTPWire"], path: "Tests/Fuzz/Targets", swiftSettings: strict))
}
