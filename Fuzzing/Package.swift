// swift-tools-version: 6.2
import PackageDescription

// The readers of files that come from outside, and a program that feeds them damaged ones. The
// sources are those of the main package, through a link, so that users never build this.
let settings: [SwiftSetting] = [
  .enableUpcomingFeature("ExistentialAny"), .enableUpcomingFeature("InternalImportsByDefault"),
  .enableUpcomingFeature("MemberImportVisibility"),
]

func linked(_ name: String, _ uses: [Target.Dependency] = []) -> Target {
  .target(
    name: name, dependencies: uses, path: "Sources/Tandem/\(name)", swiftSettings: settings)
}

let package = Package(
  name: "Fuzzing",
  platforms: [.macOS(.v26)],
  targets: [
    .systemLibrary(name: "CProcessor", path: "Sources/Tandem/CProcessor"),
    linked("JSON"),
    linked("TensorKernels", ["CProcessor"]),
    linked("Autograd", ["TensorKernels"]),
    linked("Tokenization", ["JSON"]),
    linked("Datasets", ["Tokenization", "JSON"]),
    linked("LanguageModel", ["Autograd", "TensorKernels", "Tokenization", "JSON"]),
    .executableTarget(
      name: "fuzz",
      dependencies: [
        "LanguageModel", "Datasets", "Tokenization", "Autograd", "TensorKernels", "JSON",
      ],
      swiftSettings: settings),
  ]
)
