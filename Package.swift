// swift-tools-version: 6.2
import PackageDescription

// One target per concern, one folder per layer (Docs/Architecture.md). Arrows go down, or within a layer, never in a
// circle. There is no outside package: what is not in the toolchain is one of the C libraries under Sources/System.

/// A system library found by pkg-config, with a hint for the package that brings it.
func system(_ name: String, pkgConfig: String, apt: String, brew: String) -> Target {
    .systemLibrary(
        name: name, path: "Sources/System/\(name)", pkgConfig: pkgConfig,
        providers: [.apt([apt]), .brew([brew])])
}

func library(_ name: String, in layer: String, _ dependencies: [String]) -> Target {
    .target(
        name: name, dependencies: dependencies.map { .byName(name: $0) }, path: "Sources/\(layer)/\(name)")
}

func tests(_ name: String, _ dependencies: [String], resources: [Resource]? = nil) -> Target {
    .testTarget(
        name: name, dependencies: dependencies.map { .byName(name: $0) }, path: "Tests/\(name)",
        resources: resources)
}

let foundations = ["Bytes", "Multiformats", "Cryptography", "PeerIdentity", "Telemetry"]
let machines = ["MultistreamSelect", "Noise", "Yamux", "MulticastDNS", "PrivateNetwork", "SOCKS5"]
let network = [
    "EventLoop", "Storage", "Transport", "ConnectionUpgrade", "TCPTransport", "MemoryTransport", "SOCKSTransport",
    "Swarm",
]
let protocols = ["Identify", "Ping", "Perf", "Discovery"]

let package = Package(
    name: "Apus",
    platforms: [.macOS(.v15)],
    products: [
        // With all modules by name: a program that has the umbrella alone would not be built anew for a change in one of them.
        .library(name: "Apus", targets: ["Apus"] + foundations + machines + network + protocols),
        .library(name: "ApusFoundations", targets: foundations),
        .library(name: "ApusMachines", targets: machines),
        .library(name: "ApusNetwork", targets: network),
        .library(name: "ApusProtocols", targets: protocols),
        .executable(name: "apus", targets: ["ApusCommand"]),
        .executable(name: "apus-peer", targets: ["ApusPeer"]),
        .executable(name: "hostile-peer", targets: ["HostilePeer"]),
    ],
    targets: [
        system("CUV", pkgConfig: "libuv", apt: "libuv1-dev", brew: "libuv"),
        system("COpenSSL", pkgConfig: "openssl", apt: "libssl-dev", brew: "openssl@3"),
        system("CSodium", pkgConfig: "libsodium", apt: "libsodium-dev", brew: "libsodium"),
        system("CSecp256k1", pkgConfig: "libsecp256k1", apt: "libsecp256k1-dev", brew: "secp256k1"),
        system("CSQLite", pkgConfig: "sqlite3", apt: "libsqlite3-dev", brew: "sqlite"),
        system("CAres", pkgConfig: "libcares", apt: "libc-ares-dev", brew: "c-ares"),
        system("CMiniUPnPc", pkgConfig: "miniupnpc", apt: "libminiupnpc-dev", brew: "miniupnpc"),

        library("Bytes", in: "Foundations", []),
        library("Multiformats", in: "Foundations", ["Bytes"]),
        library("Cryptography", in: "Foundations", ["Bytes", "COpenSSL", "CSodium", "CSecp256k1"]),
        library("PeerIdentity", in: "Foundations", ["Bytes", "Multiformats", "Cryptography"]),
        library("Telemetry", in: "Foundations", ["Bytes"]),

        library("MultistreamSelect", in: "Machines", ["Bytes"]),
        library("Noise", in: "Machines", ["Bytes", "Cryptography", "PeerIdentity"]),
        library("Yamux", in: "Machines", ["Bytes"]),
        library("MulticastDNS", in: "Machines", ["Bytes", "Multiformats", "PeerIdentity"]),
        library("PrivateNetwork", in: "Machines", ["Bytes", "Multiformats", "Cryptography"]),
        library("SOCKS5", in: "Machines", ["Bytes", "Multiformats"]),

        library("EventLoop", in: "Network", ["Bytes", "Multiformats", "Telemetry", "CUV", "CAres"]),
        library("Storage", in: "Network", ["Bytes", "Telemetry", "EventLoop", "CSQLite"]),
        library(
            "Transport", in: "Network", ["Bytes", "Multiformats", "PeerIdentity", "Telemetry", "EventLoop"]),
        library(
            "ConnectionUpgrade", in: "Network",
            [
                "Bytes", "Multiformats", "Cryptography", "PeerIdentity", "Telemetry", "MultistreamSelect", "Noise",
                "Yamux", "PrivateNetwork", "EventLoop", "Transport",
            ]),
        library("TCPTransport", in: "Network", ["Bytes", "Multiformats", "Telemetry", "EventLoop", "Transport"]),
        library("MemoryTransport", in: "Network", ["Bytes", "Multiformats", "Telemetry", "EventLoop", "Transport"]),
        library(
            "SOCKSTransport", in: "Network",
            ["Bytes", "Multiformats", "SOCKS5", "EventLoop", "Transport", "TCPTransport"]),
        library(
            "Swarm", in: "Network",
            [
                "Bytes", "Multiformats", "Cryptography", "PeerIdentity", "Telemetry", "PrivateNetwork", "EventLoop",
                "Storage",
                "Transport", "ConnectionUpgrade",
            ]),

        library(
            "Identify", in: "Protocols",
            [
                "Bytes", "Multiformats", "PeerIdentity", "Telemetry", "EventLoop", "Transport", "ConnectionUpgrade",
                "Swarm",
            ]),
        library("Ping", in: "Protocols", ["Bytes", "Cryptography", "EventLoop", "Transport", "Swarm"]),
        library("Perf", in: "Protocols", ["Bytes", "EventLoop", "Transport", "Swarm"]),
        library(
            "Discovery", in: "Protocols",
            [
                "Bytes", "Multiformats", "Cryptography", "PeerIdentity", "Telemetry", "MulticastDNS", "EventLoop",
                "Transport", "Swarm",
            ]),

        library(
            "Apus", in: "Node",
            foundations + ["PrivateNetwork", "SOCKS5"] + network + protocols),
        // Each module by itself: a build is not repeated for a change in a module that is only reached through `Apus`.
        .executableTarget(
            name: "ApusCommand", dependencies: (["Apus"] + foundations + network + protocols).map { .byName(name: $0) },
            path: "Sources/Node/ApusCommand"),
        .executableTarget(
            name: "ApusPeer", dependencies: (["Apus"] + foundations + network + protocols).map { .byName(name: $0) },
            path: "Interop/apus-peer"),
        .executableTarget(
            name: "HostilePeer", dependencies: (["Apus"] + foundations + machines + network).map { .byName(name: $0) },
            path: "Interop/hostile-peer"),

        .target(name: "TestSupport", dependencies: ["Bytes"], path: "Tests/TestSupport"),
        tests("FoundationsTests", foundations + ["TestSupport"], resources: [.copy("Vectors"), .copy("Oracles")]),
        tests("MachinesTests", foundations + machines + ["TestSupport"]),
        tests("NetworkTests", foundations + machines + network + ["TestSupport"]),
        tests("NodeTests", ["Apus", "TestSupport", "MulticastDNS"] + foundations + network + protocols),
        tests("CommandTests", ["ApusCommand", "Apus"] + foundations + network + protocols),
    ]
)

for target in package.targets where target.type != .system {
    target.swiftSettings = [
        .enableUpcomingFeature("ExistentialAny"),
        .enableUpcomingFeature("MemberImportVisibility"),
        .enableUpcomingFeature("InternalImportsByDefault"),
        // Async functions stay on their caller's executor: a handler that runs on a connection's loop is never moved off
        // it by a call to a nonisolated helper (Docs/Architecture.md, "Concurrency").
        .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
    ]
}
