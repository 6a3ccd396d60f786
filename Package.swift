// swift-tools-version: 6.2
import PackageDescription

let strict: [SwiftSetting] = [
    .strictMemorySafety(),
    .treatAllWarnings(as: .error),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
]

func module(_ name: String, _ dependencies: [Target.Dependency] = []) -> Target {
    .target(name: name, dependencies: dependencies, swiftSettings: strict)
}

func tests(_ name: String, _ dependencies: [Target.Dependency], notSources: [String] = []) -> Target {
    .testTarget(name: name, dependencies: dependencies, exclude: notSources, swiftSettings: strict)
}

func program(_ name: String, _ dependencies: [Target.Dependency], path: String? = nil) -> Target {
    .executableTarget(name: name, dependencies: dependencies, path: path, swiftSettings: strict)
}

// The arrows of the house: app → actors and edges → pure core. A target may import only what is listed with it.
let package = Package(
    name: "patchbay",
    targets: [
        // Pure core: values in, values out. No socket, clock, task or log.
        .systemLibrary(name: "CCrypto", pkgConfig: "libcrypto", providers: [.apt(["libssl-dev"])]),
        module("Digests", ["CCrypto"]),
        module("Timeline"),
        module("Addresses"),
        module("Wording"),
        .target(name: "CWideBytes"),
        module("JSONWire", ["CWideBytes", "Wording"]),
        module("MediaCore", ["CWideBytes", "Timeline"]),
        module("HTTPWire", ["Digests"]),
        module("TurnWire", ["Addresses", "Digests", "MediaCore", "Timeline", "Wording"]),
        module("UpstreamWire", ["Addresses", "JSONWire", "MediaCore", "Timeline", "Wording"]),
        module("CallCore", ["Addresses", "Digests", "JSONWire", "Timeline", "Wording"]),
        module("CarrierWire", ["Addresses", "CallCore", "Digests", "JSONWire", "MediaCore", "Timeline", "Wording"]),

        // Base: what every layer but the pure core may use.
        .systemLibrary(name: "CLinux"),
        module("Telemetry", ["CLinux", "Timeline", "Wording"]),
        module("Configuration", ["Addresses", "Telemetry", "Timeline", "Wording"]),
        module("Commands", ["Telemetry", "Wording"]),

        // Edges: one thin module per outside thing.
        .systemLibrary(name: "CSpeexDSP", pkgConfig: "speexdsp", providers: [.apt(["libspeexdsp-dev"])]),
        .systemLibrary(name: "COpus", pkgConfig: "opus", providers: [.apt(["libopus-dev"])]),
        module("MediaCodecs", ["COpus", "CSpeexDSP", "MediaCore"]),
        .target(
            name: "CTransport",
            cSettings: [.define("_GNU_SOURCE")],
            linkerSettings: ["websockets", "uv", "ssl", "crypto"].map { .linkedLibrary($0) }),
        module("SocketLoop", ["Addresses", "CTransport", "Timeline"]),
        .systemLibrary(name: "CSQLite", pkgConfig: "sqlite3", providers: [.apt(["libsqlite3-dev"])]),
        module(
            "CallStore", ["CLinux", "CSQLite", "CallCore", "Digests", "JSONWire", "Telemetry", "Timeline", "Wording"]),
        module("TurnClient", ["Addresses", "SocketLoop", "Telemetry", "Timeline", "TurnWire", "Wording"]),
        module("HTTPLoop", ["Addresses", "HTTPWire", "SocketLoop", "Timeline"]),

        // Actors: they own core values and carry out what these decide.
        module(
            "CallRuntime",
            [
                "Addresses", "CallCore", "CarrierWire", "HTTPLoop", "HTTPWire", "JSONWire", "MediaCodecs", "MediaCore",
                "SocketLoop", "Telemetry", "Timeline", "UpstreamWire", "Wording",
            ]),

        module(
            "CarrierClient",
            ["Addresses", "CallCore", "CarrierWire", "HTTPLoop", "HTTPWire", "Telemetry", "Timeline", "Wording"]),
        module(
            "FrontDoor",
            [
                "Addresses", "CallCore", "CarrierWire", "Digests", "HTTPLoop", "HTTPWire", "JSONWire", "SocketLoop",
                "Telemetry", "Timeline", "TurnWire", "Wording",
            ]),

        // Both ends of a call to practise with. They share no codec and no wire with the bridge.
        module(
            "PracticeKit",
            [
                "Addresses", "COpus", "Commands", "Digests", "HTTPLoop", "HTTPWire", "JSONWire", "SocketLoop",
                "Telemetry", "Timeline", "Wording",
            ]),

        // The app.
        program(
            "patchbay",
            [
                "Addresses", "CallCore", "CallRuntime", "CallStore", "CarrierClient", "CarrierWire", "Commands",
                "Configuration", "FrontDoor", "HTTPLoop", "HTTPWire", "JSONWire", "PracticeKit", "SocketLoop",
                "Telemetry", "Timeline", "TurnClient", "TurnWire", "UpstreamWire", "Wording",
            ]),

        // What the vendors' own packages are shown in tests.
        program(
            "wire-samples", ["JSONWire", "MediaCore", "Timeline", "UpstreamWire"], path: "Tests/Peers/Samples"),
        program("twilio-peer", ["Addresses", "CarrierWire", "JSONWire", "Wording"], path: "Tests/Peers/Twilio"),

        // Whole calls in worlds that seeds make up.
        module(
            "SimulationKit",
            [
                "Addresses", "CallCore", "CallRuntime", "CallStore", "CarrierClient", "CarrierWire", "FrontDoor",
                "HTTPLoop", "HTTPWire", "JSONWire", "MediaCore", "PracticeKit", "SocketLoop", "Telemetry", "Timeline",
                "UpstreamWire", "Wording",
            ]),
        .target(name: "CTaskHooks", path: "Tests/Simulation/TaskHooks"),
        program(
            "simulate", ["CTaskHooks", "SimulationKit", "SocketLoop", "Timeline"], path: "Tests/Simulation/Program"),

        // Measuring.
        program("bench-relay", ["Addresses", "HTTPLoop", "HTTPWire", "SocketLoop", "Timeline"], path: "bench/relay"),
        program(
            "bench-micro",
            [
                "CallCore", "CallRuntime", "CarrierWire", "MediaCodecs", "MediaCore", "Telemetry", "Timeline",
                "UpstreamWire",
            ], path: "bench/micro"),

        program("bench-store", ["CallCore", "CallStore", "Timeline", "Wording"], path: "bench/store"),

        // A server for the black-box tests.
        program(
            "toy",
            [
                "Addresses", "CarrierWire", "FrontDoor", "HTTPLoop", "HTTPWire", "SocketLoop", "Telemetry", "Timeline",
                "Wording",
            ], path: "Tests/BlackBox/Toy"),

        // What tests share.
        .target(
            name: "TestSupport", dependencies: ["SocketLoop"], path: "Tests/TestSupport", swiftSettings: strict),
        tests("DigestsTests", ["Digests"]),
        tests("TimelineTests", ["Timeline"]),
        tests("AddressesTests", ["Addresses"]),
        tests("WordingTests", ["Wording"]),
        tests("JSONWireTests", ["JSONWire", "Wording"]),
        tests("MediaCoreTests", ["MediaCore", "Timeline"], notSources: ["Golden"]),
        tests("TurnWireTests", ["Addresses", "Digests", "Timeline", "TurnWire", "Wording"]),
        tests("HTTPWireTests", ["HTTPWire", "TestSupport"]),
        tests(
            "UpstreamWireTests",
            ["Addresses", "HTTPWire", "JSONWire", "MediaCore", "Timeline", "UpstreamWire", "Wording"]),
        tests(
            "CallRuntimeTests",
            [
                "Addresses", "CallCore", "CallRuntime", "CallStore", "CarrierWire", "HTTPLoop", "JSONWire",
                "MediaCodecs", "MediaCore", "SocketLoop", "Telemetry", "Timeline", "UpstreamWire", "Wording",
            ]),
        tests("CallCoreTests", ["Addresses", "CallCore", "JSONWire", "TestSupport", "Timeline", "Wording"]),
        tests("CallStoreTests", ["CSQLite", "CallCore", "CallStore", "JSONWire", "Telemetry", "Timeline", "Wording"]),
        tests(
            "CarrierWireTests",
            [
                "Addresses", "CallCore", "CarrierWire", "HTTPWire", "JSONWire", "MediaCore", "Timeline", "Wording",
            ]),
        tests(
            "CarrierClientTests",
            [
                "Addresses", "CallCore", "CarrierClient", "CarrierWire", "HTTPLoop", "HTTPWire", "Telemetry",
                "Timeline", "Wording",
            ]),
        tests("TelemetryTests", ["Telemetry", "Timeline", "Wording"]),
        tests("ConfigurationTests", ["Addresses", "Configuration", "Telemetry", "Wording"]),
        tests("CommandsTests", ["Commands", "Telemetry", "Wording"]),
        tests("MediaCodecsTests", ["MediaCodecs", "MediaCore"]),
        tests("SocketLoopTests", ["Addresses", "SocketLoop", "TestSupport", "Timeline"]),
        tests("HTTPLoopTests", ["Addresses", "HTTPLoop", "HTTPWire", "SocketLoop", "TestSupport", "Timeline"]),
        tests(
            "FrontDoorTests",
            [
                "Addresses", "CallCore", "CallStore", "CarrierWire", "FrontDoor", "HTTPLoop", "HTTPWire", "JSONWire",
                "SocketLoop", "Telemetry", "TestSupport", "Timeline", "Wording",
            ]),
        tests(
            "PracticeKitTests",
            [
                "Addresses", "Commands", "HTTPLoop", "HTTPWire", "JSONWire", "PracticeKit", "SocketLoop", "TestSupport",
                "Timeline", "Wording",
            ]),
        tests("SimulationKitTests", ["SimulationKit", "SocketLoop"]),
    ]
)

// Built by Tests/Fuzz/run alone: outside the fuzzer's runtime this target has nothing to link to.
if Context.environment["PATCHBAY_FUZZ"] != nil {
    package.targets.append(
        program(
            "fuzz",
            [
                "Addresses", "CarrierWire", "HTTPWire", "JSONWire", "MediaCodecs", "MediaCore", "Timeline",
                "UpstreamWire", "Wording",
            ], path: "Tests/Fuzz/Targets"))
}
