// swift-tools-version: 6.2
import PackageDescription

let settings: [SwiftSetting] = [
  .strictMemorySafety(), .treatAllWarnings(as: .error),
  .enableUpcomingFeature("ExistentialAny"), .enableUpcomingFeature("InternalImportsByDefault"),
  .enableUpcomingFeature("MemberImportVisibility"),
]

/// Every library, lowest layer first, with what it may import; `make lint` holds the code to it.
let layers: [(name: String, uses: [Target.Dependency])] = [
  ("JSON", []),
  ("TensorKernels", ["CProcessor"]),
  ("Autograd", ["TensorKernels"]),
  ("Optimizers", ["Autograd", "TensorKernels"]),
  ("Tokenization", ["JSON"]),
  ("Datasets", ["Tokenization", "JSON"]),
  ("Tasks", ["Datasets", "Tokenization"]),
  ("LanguageModel", ["Autograd", "TensorKernels", "Tokenization", "JSON"]),
  (
    "Training",
    ["LanguageModel", "Optimizers", "Datasets", "Tokenization", "Autograd", "TensorKernels"]
  ),
  (
    "SupervisedFineTuning",
    [
      "Training", "LanguageModel", "Optimizers", "Datasets", "Tokenization", "Autograd",
      "TensorKernels",
    ]
  ),
  (
    "RewardModeling",
    [
      "Training", "LanguageModel", "Optimizers", "Datasets", "Tokenization", "Autograd",
      "TensorKernels",
    ]
  ),
  (
    "PPO",
    [
      "Training", "LanguageModel", "Optimizers", "Datasets", "Tokenization", "Autograd",
      "TensorKernels",
    ]
  ),
  (
    "DPO",
    [
      "Training", "LanguageModel", "Optimizers", "Datasets", "Tokenization", "Autograd",
      "TensorKernels",
    ]
  ),
  (
    "ExactTheory",
    [
      "PPO", "DPO", "RewardModeling", "Tasks", "Training", "LanguageModel", "Optimizers",
      "Datasets", "Tokenization", "Autograd",
      "TensorKernels",
      .product(name: "RealModule", package: "swift-numerics"),
    ]
  ),
  (
    "Evaluation",
    [
      "ExactTheory", "RewardModeling", "DPO", "PPO", "Tasks", "Training", "LanguageModel",
      "Optimizers", "Datasets", "Tokenization", "Autograd",
      "TensorKernels",
      .product(name: "RealModule", package: "swift-numerics"),
    ]
  ),
  (
    "Workbench",
    [
      "Evaluation", "ExactTheory", "SupervisedFineTuning", "RewardModeling", "PPO", "DPO", "Tasks",
      "Training", "LanguageModel", "Optimizers", "Datasets", "Tokenization", "Autograd",
      "TensorKernels",
      .product(name: "Yams", package: "Yams"),
      .product(name: "Subprocess", package: "swift-subprocess"),
      .product(name: "SystemPackage", package: "swift-system"),
    ]
  ),
  (
    "Reports",
    [
      "Workbench", "Evaluation", "ExactTheory", "SupervisedFineTuning", "RewardModeling", "PPO",
      "DPO", "Tasks", "Training", "LanguageModel", "Optimizers", "Datasets", "Tokenization",
      "Autograd",
      "TensorKernels",
      .product(name: "Subprocess", package: "swift-subprocess"),
      .product(name: "SystemPackage", package: "swift-system"),
    ]
  ),
  (
    "Identities",
    [
      "Reports", "Workbench", "Evaluation", "ExactTheory", "RewardModeling", "PPO", "DPO", "Tasks",
      "Training", "LanguageModel", "Optimizers", "Datasets", "Tokenization", "Autograd",
      "TensorKernels",
      .product(name: "RealModule", package: "swift-numerics"),
    ]
  ),
  (
    "Explanations",
    [
      "Workbench", "Evaluation", "ExactTheory", "RewardModeling", "PPO", "DPO", "Tasks",
      "Training", "LanguageModel", "Optimizers", "Datasets", "Tokenization", "Autograd",
      "TensorKernels", "JSON",
    ]
  ),
  (
    "VarianceStudy",
    [
      "Identities", "Reports", "Workbench", "Evaluation", "ExactTheory", "SupervisedFineTuning",
      "RewardModeling", "PPO", "DPO", "Tasks", "Training", "LanguageModel", "Optimizers",
      "Datasets", "Tokenization", "Autograd",
      "TensorKernels",
      .product(name: "RealModule", package: "swift-numerics"),
    ]
  ),
]

/// What tests of a layer read besides what the layer itself may: whole runs are seen through what is above.
let alsoTestedWith: [String: [Target.Dependency]] = [
  "ExactTheory": ["TheoryTestSupport", "Evaluation"], "Evaluation": ["TheoryTestSupport"],
  "Workbench": ["Reports", "Explanations"],
]

let libraries = layers.flatMap { layer -> [Target] in
  [
    .target(name: layer.name, dependencies: layer.uses, swiftSettings: settings),
    .testTarget(
      name: "\(layer.name)Tests",
      dependencies: [.target(name: layer.name), "TestSupport"] + layer.uses
        + (alsoTestedWith[layer.name] ?? []),
      swiftSettings: settings),
  ]
}

let package = Package(
  name: "Tandem",
  platforms: [.macOS(.v26)],
  products: [
    .executable(name: "tandem", targets: ["tandem"]),
    .library(
      name: "TandemLibraries",
      targets: layers.map(\.name).prefix { $0 != "ExactTheory" }.filter { $0 != "JSON" }),
  ],
  dependencies: [
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.0"),
    .package(url: "https://github.com/apple/swift-numerics", from: "1.1.0"),
    .package(url: "https://github.com/apple/swift-system", from: "1.8.0"),
    .package(url: "https://github.com/jpsim/Yams", from: "6.2.0"),
    .package(url: "https://github.com/swiftlang/swift-subprocess", from: "1.0.0"),
  ],
  targets: libraries + [
    .systemLibrary(name: "CProcessor"),
    .target(
      name: "TestSupport", dependencies: ["Autograd", "TensorKernels"], path: "Tests/TestSupport",
      swiftSettings: settings),
    .target(
      name: "TheoryTestSupport",
      dependencies: [
        "Tasks", "LanguageModel", "Datasets", "Tokenization", "Autograd", "TensorKernels",
      ],
      path: "Tests/TheoryTestSupport", swiftSettings: settings),
    .executableTarget(
      name: "three-pairs",
      dependencies: [
        "DPO", "Training", "Datasets", "LanguageModel", "Optimizers", "Tokenization",
        "TensorKernels",
      ],
      path: "Examples/ThreePairs", swiftSettings: settings),
    .testTarget(
      name: "tandemTests",
      dependencies: [
        "tandem", "three-pairs", "TestSupport",
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
        .product(name: "Subprocess", package: "swift-subprocess"),
        .product(name: "SystemPackage", package: "swift-system"),
      ],
      swiftSettings: settings),
    .executableTarget(
      name: "tandem",
      dependencies: [
        "VarianceStudy", "Explanations", "Identities", "Reports", "Workbench", "Evaluation",
        "ExactTheory", "SupervisedFineTuning", "RewardModeling", "PPO", "DPO", "Training", "Tasks",
        "Datasets", "Tokenization", "LanguageModel", "Optimizers", "TensorKernels",
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
      ],
      swiftSettings: settings),
  ]
)
