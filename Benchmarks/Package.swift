// swift-tools-version: 6.2
import PackageDescription

// A package of its own: programs that only measure are no part of what others depend on.
let package = Package(
    name: "ApusBenchmarks",
    platforms: [.macOS(.v15)],
    dependencies: [.package(name: "Apus", path: "..")],
    targets: [
        .executableTarget(
            name: "Floor",
            dependencies: [
                .product(name: "ApusFoundations", package: "Apus"),
                .product(name: "ApusNetwork", package: "Apus"),
            ]),
        .executableTarget(
            name: "MachineBenchmarks",
            dependencies: [
                .product(name: "ApusFoundations", package: "Apus"),
                .product(name: "ApusMachines", package: "Apus"),
            ]),
        .target(name: "CAllocationCounter"),
        .executableTarget(
            name: "AllocationBenchmarks",
            dependencies: ["CAllocationCounter", .product(name: "Apus", package: "Apus")]),
    ]
)

for target in package.targets where target.name != "CAllocationCounter" {
    target.swiftSettings = [
        .enableUpcomingFeature("ExistentialAny"),
        .enableUpcomingFeature("MemberImportVisibility"),
        .enableUpcomingFeature("InternalImportsByDefault"),
        .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
    ]
}
