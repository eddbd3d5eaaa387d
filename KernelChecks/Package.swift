// swift-tools-version: 6.2
import PackageDescription

// The kernels and their tests alone, so that a processor with AVX-512 can check what one without it
// would run: `make test` builds them a second time, for AVX2. The sources are those of the main
// package, through a link.
let settings: [SwiftSetting] = [
  .strictMemorySafety(), .enableUpcomingFeature("ExistentialAny"),
  .enableUpcomingFeature("InternalImportsByDefault"),
  .enableUpcomingFeature("MemberImportVisibility"),
]

let package = Package(
  name: "KernelChecks",
  platforms: [.macOS(.v26)],
  targets: [
    .systemLibrary(name: "CProcessor", path: "Tandem/Sources/CProcessor"),
    .target(
      name: "TensorKernels", dependencies: ["CProcessor"], path: "Tandem/Sources/TensorKernels",
      swiftSettings: settings),
    .target(
      name: "Autograd", dependencies: ["TensorKernels"], path: "Tandem/Sources/Autograd",
      swiftSettings: settings),
    .target(
      name: "TestSupport", dependencies: ["Autograd", "TensorKernels"],
      path: "Tandem/Tests/TestSupport", swiftSettings: settings),
    .testTarget(
      name: "TensorKernelsTests", dependencies: ["TensorKernels", "TestSupport"],
      path: "Tandem/Tests/TensorKernelsTests", swiftSettings: settings),
  ]
)
