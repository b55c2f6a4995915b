// swift-tools-version: 6.2
import PackageDescription

// A package of its own, because the compiler flags for fuzzing come from the command line and apply to every module
// (Makefile, "fuzz"): the root package has neither a fuzzer in it nor unsafeFlags.
let package = Package(
    name: "ApusFuzz",
    platforms: [.macOS(.v15)],
    dependencies: [.package(name: "Apus", path: "..")],
    targets: [
        .systemLibrary(name: "CLibFuzzer"),
        .target(name: "CAllocationLimit"),
        .executableTarget(
            name: "ApusFuzz",
            dependencies: [
                "CLibFuzzer", "CAllocationLimit",
                .product(name: "ApusFoundations", package: "Apus"),
                .product(name: "ApusMachines", package: "Apus"),
                .product(name: "ApusNetwork", package: "Apus"),
                .product(name: "ApusProtocols", package: "Apus"),
            ],
            swiftSettings: [
                .enableUpcomingFeature("ExistentialAny"),
                .enableUpcomingFeature("MemberImportVisibility"),
                .enableUpcomingFeature("InternalImportsByDefault"),
                .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
            ]),
    ]
)
