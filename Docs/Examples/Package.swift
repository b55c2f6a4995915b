// swift-tools-version: 6.2
import PackageDescription

// A package outside of Apus that depends on one of its versions. `check` puts a clone's URL in the place of this one.
let package = Package(
    name: "Examples",
    platforms: [.macOS(.v15)],
    dependencies: [
        .package(url: "https://example.org/apus.git", from: "0.1.0")
    ],
    targets: [
        .target(name: "Readme", dependencies: [.product(name: "Apus", package: "apus")]),
        .executableTarget(name: "ChatNode", dependencies: [.product(name: "Apus", package: "apus")]),
        .executableTarget(name: "ChatClient", dependencies: [.product(name: "Apus", package: "apus")]),
        .executableTarget(name: "Events", dependencies: [.product(name: "Apus", package: "apus")]),
        .executableTarget(name: "Cancellation", dependencies: [.product(name: "Apus", package: "apus")]),
        .executableTarget(name: "Service", dependencies: [.product(name: "Apus", package: "apus")]),
        .executableTarget(name: "LoopHandlers", dependencies: [.product(name: "Apus", package: "apus")]),
        // One layer alone is a product, too.
        .executableTarget(name: "Identity", dependencies: [.product(name: "ApusFoundations", package: "apus")]),
        .executableTarget(name: "Negotiation", dependencies: [.product(name: "ApusMachines", package: "apus")]),
    ]
)
