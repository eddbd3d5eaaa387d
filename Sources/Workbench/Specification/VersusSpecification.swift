import Foundation
package import LanguageModel
package import Tasks
import Yams

/// RLHF and DPO on a user's own pairs, as the specification that does it.
///
/// Both arms learn from the same pairs with the same β. PPO samples as many completions as DPO reads.
/// Rates are ours for models of up to ten million parameters, which start from nothing or nearly so,
/// and TRL's defaults (DPO 1e-6, PPO 3e-6, reward model 1e-4, SFT 2e-5) for larger ones.
package struct VersusSpecification {
  private let pairs: PairsTask.Settings
  private let checkpoint: String?
  private let preset: ModelPreset
  private let isTuned: Bool?
  private let seeds: Int

  /// A comparison of this many seeds.
  ///
  /// - Parameters:
  ///   - pairs: Where the pairs are and how they are cut.
  ///   - checkpoint: The model to start from; nil for a new one of `preset`.
  ///   - preset: The size of a new model.
  ///   - isTuned: Whether the model is the reference as it is; nil for what its folder says.
  ///   - seeds: How many seeds.
  package init(
    pairs: PairsTask.Settings, checkpoint: String?, preset: ModelPreset, isTuned: Bool?, seeds: Int
  ) {
    (self.pairs, self.checkpoint, self.preset) = (pairs, checkpoint, preset)
    (self.isTuned, self.seeds) = (isTuned, seeds)
  }

  /// The specification, with the user's own settings as `arm.key=value` over it.
  ///
  /// - Parameter overrides: Words such as `beta=0.3`, `dpo.learning_rate=1e-5` or `sft.max_steps=200`.
  /// - Returns: The specification, with paths that do not depend on the working directory.
  /// - Throws: `SpecificationError` with the word that is wrong.
  package func specification(overrides: [String]) throws -> ExperimentSpecification {
    var root = try tree()
    for word in overrides { try root.override(word) }
    return try ExperimentSpecification(
      yaml: serialize(node: root), file: "tandem versus", name: "versus"
    ).withPaths(from: URL(filePath: FileManager.default.currentDirectoryPath))
  }

  private func tree() throws -> Node {
    let sizes = try checkpoint.map { try ModelFolder(URL(filePath: $0)).configuration() }
    let isLarge = (sizes?.parameterCount ?? 0) > 10_000_000
    let model =
      checkpoint.map { ["checkpoint": $0] + (isTuned.map { ["tuned": "\($0)"] } ?? [:]) }
      ?? ["preset": preset.rawValue]
    let batch = 16
    let trained = try PreferenceCount(pairs).training
    let updates = max(1, trained / batch) * Self.epochs
    let iterations = max(4, 2 * updates * batch / Self.rollouts)
    return [
      "title": "RLHF and DPO on your own pairs",
      "question": "Which policy does each pipeline make of the same pairs?",
      "expectation": "None was stated: this is a comparison of your own.",
      "task": try node(TaskConfiguration(pairs: pairs)), "model": Node(model),
      "seeds": Node("\(seeds)"), "beta": "0.1",
      "sft": Node([
        "max_steps": isLarge ? "\(updates)" : "\(max(200, 10 * updates))",
        "per_device_train_batch_size": "\(batch)", "learning_rate": isLarge ? "2e-5" : "2e-3",
      ]),
      "reward": Node([
        "num_train_epochs": "\(Self.epochs)", "per_device_train_batch_size": "\(batch)",
        "learning_rate": isLarge ? "1e-4" : "1e-3",
      ]),
      "arms": [
        [
          "name": "PPO",
          "ppo": Node([
            "iterations": "\(iterations)", "rollouts_per_iteration": "\(Self.rollouts)",
            "learning_rate": isLarge ? "3e-6" : "3e-4",
          ]),
        ],
        [
          "name": "DPO",
          "dpo": Node([
            "num_train_epochs": "\(Self.epochs)", "per_device_train_batch_size": "\(batch)",
            "learning_rate": isLarge ? "1e-6" : "5e-4",
          ]),
        ],
      ],
      "evaluation": Node(["prompts": "128", "checkpoints": "8", "samples": "8"]),
    ]
  }

  private static let (epochs, rollouts) = (3, 64)

  private func node(_ value: some Encodable) throws -> Node {
    try compose(yaml: YAMLEncoder().encode(value)) ?? [:]
  }
}

extension Node {
  fileprivate init(_ words: [String: String]) {
    let pairs = words.sorted { $0.key < $1.key }.map { (Node($0.key), Node($0.value)) }
    self = .mapping(Mapping(pairs))
  }

  /// Writes a word such as `dpo.learning_rate=1e-5` into the tree; an arm is named by its method.
  fileprivate mutating func override(_ word: String) throws {
    let parts = word.split(separator: "=", maxSplits: 1).map(String.init)
    let keys = parts.first?.split(separator: ".").map(String.init) ?? []
    guard parts.count == 2, 1...2 ~= keys.count else {
      throw SpecificationError.syntax(
        "'\(word)' is not of the form key=value or part.key=value",
        at: SourceLocation(file: SourceLocation.commandLine))
    }
    let value = try compose(yaml: parts[1]) ?? Node("")
    guard keys.count == 2 else {
      self[keys[0]] = value
      return
    }
    if case .sequence(var arms)? = self["arms"],
      let index = arms.firstIndex(where: { $0[keys[0]] != nil })
    {
      arms[index].set(value, under: keys[0], keys[1])
      self["arms"] = .sequence(arms)
    } else {
      set(value, under: keys[0], keys[1])
    }
  }

  private mutating func set(_ value: Node, under part: String, _ key: String) {
    var inner = self[part] ?? [:]
    inner[key] = value
    self[part] = inner
  }
}

/// How many pairs a cut leaves to learn from, from the file's lines alone.
private struct PreferenceCount {
  let training: Int

  init(_ settings: PairsTask.Settings) throws {
    let data = (try? Data(contentsOf: URL(filePath: settings.train))) ?? Data()
    let lines = data.split(separator: UInt8(ascii: "\n")).count
    let taken =
      (settings.test == nil ? settings.heldOut : 0) + (settings.score == nil ? settings.referee : 0)
    training = max(1, Int(Double(lines) * (1 - taken)))
  }
}

extension TaskConfiguration {
  /// A user's pairs.
  fileprivate init(pairs: PairsTask.Settings) {
    self.init(name: PairsTask.Settings.name)
    self.pairs = pairs
  }
}

/// Keys and values of two dictionaries; the second one's win.
private func + (a: [String: String], b: [String: String]) -> [String: String] {
  a.merging(b) { $1 }
}
