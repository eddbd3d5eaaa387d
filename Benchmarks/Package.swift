// swift-tools-version: 6.2
import PackageDescription

let package = Package(
  name: "TandemBenchmarks",
  platforms: [.macOS(.v26)],
  dependencies: [
    .package(name: "Tandem", path: ".."),
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.0"),
  ],
  targets: [
    .executableTarget(
      name: "tandem-benchmarks",
      dependencies: [
        .product(name: "TandemLibraries", package: "Tandem"),
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
      ],
      path: "Sources/TandemBenchmarks",
      swiftSettings: [
        .strictMemorySafety(), .treatAllWarnings(as: .error),
        .enableUpcomingFeature("ExistentialAny"),
        .enableUpcomingFeature("InternalImportsByDefault"),
        .enableUpcomingFeature("MemberImportVisibility"),
      ])
  ]
)
