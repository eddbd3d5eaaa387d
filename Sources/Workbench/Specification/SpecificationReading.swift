import DPO
import ExactTheory
package import Foundation
import LanguageModel
import PPO
import RewardModeling
import SupervisedFineTuning
import Tasks
import Training
import Yams

extension ExperimentSpecification {
  /// Reads `experiment.yaml` in a folder, or a YAML file itself.
  package init(contentsOf url: URL) throws {
    guard let kind = try? url.resourceValues(forKeys: [.isDirectoryKey]) else {
      throw MissingInput(path: url.path, remedy: "name a folder with an experiment.yaml in it")
    }
    let file = kind.isDirectory == true ? url.appending(path: "experiment.yaml") : url
    guard let text = try? String(contentsOf: file, encoding: .utf8) else {
      throw MissingInput(path: file.path, remedy: "write one, or copy experiments/quick")
    }
    let folder = file.deletingLastPathComponent().lastPathComponent
    try self.init(yaml: text, file: file.relativePath, name: folder)
    self = withPaths(from: file.deletingLastPathComponent())
  }

  /// Reads a specification; `name` stands where the text gives none.
  package init(yaml: String, file: String, name: String) throws {
    let written = try SettingsFile(yaml: yaml, file: file)
    let settings = SettingsFile(root: written.root.withArmDefaults, file: file)
    self = try settings.decode(ExperimentSpecification.self)
    if self.name.isEmpty { self.name = name }
    try validate(in: settings)
  }

  private func validate(in settings: SettingsFile) throws {
    try settings.locating { try validateOwnKeys() }
    try settings.locating("arms") { try validatePairs() }
    try settings.locating("task") { try task.validate() }
    try settings.locating("model") { try model.validate() }
    try settings.locating("data", "annotator") { try data.annotator.validate() }
    // On a user's pairs the files decide these counts.
    if task.pairs == nil { try settings.locating("data") { try data.validate() } }
    try settings.locating("sft") { try sft.validate() }
    try settings.locating("reward") {
      try reward.validate()
      try validateReward()
    }
    try settings.locating("evaluation") {
      try evaluation.validate()
      try validateGradients()
    }
    for (index, arm) in arms.enumerated() {
      try settings.locating("arms", "\(index)", arm.method.name) {
        try arm.validate()
        try arm.validateBaseline(on: task, model)
      }
      try settings.locating("arms", "\(index)") {
        try arm.validateOffset()
        try arm.validateFault(sharesObjective: sharesObjective)
      }
      guard sharesObjective else { continue }
      try settings.locating("arms", "\(index)", arm.method.name) {
        try arm.validateObjective(beta: beta)
      }
    }
  }

  private func validateReward() throws(ConfigurationError) {
    guard sharesObjective, reward.normalization == .gainAndBias else { return }
    throw .outOfRange(
      "normalization", "gain_and_bias",
      allowed: "none or bias, since a gain gives β another meaning, unless same_objective is false")
  }

  private func validateOwnKeys() throws(ConfigurationError) {
    guard beta > 0, beta.isFinite else {
      throw .outOfRange("beta", "\(beta)", allowed: "0 < β < ∞")
    }
    if let equivalenceMargin, !(equivalenceMargin > 0 && equivalenceMargin.isFinite) {
      throw .outOfRange("equivalence_margin", "\(equivalenceMargin)", allowed: "0 < margin < ∞")
    }
    let seeds = seeds.values
    guard !seeds.isEmpty, seeds.allSatisfy({ 0...999_999 ~= $0 }), Set(seeds).count == seeds.count
    else {
      throw .outOfRange(
        "seeds", "\(seeds)", allowed: "a count, or a list of different numbers of 0…999999")
    }
    guard !arms.isEmpty || until != nil else {
      throw .outOfRange("arms", "empty", allowed: "one or more of ppo, dpo, best-of-n")
    }
    let slugs = arms.map(\.slug)
    guard Set(slugs).count == slugs.count,
      !slugs.contains(where: ["", "sft", "reward", "referee"].contains)
    else {
      throw .contradiction(
        "arms need different names with letters in them, other than 'sft', 'reward' and 'referee'")
    }
  }
}

extension ArmSpecification {
  /// Throws the first constraint that the arm's settings break.
  fileprivate func validate() throws(ConfigurationError) {
    switch method {
    case .ppo(let settings, _): try settings.validate()
    case .dpo(let settings): try settings.validate()
    case .bestOfN(let settings): try settings.validate()
    case .exactAscent(let settings): try settings.validate()
    }
  }

  /// Throws where a mistake on purpose has no effect, or would pass for a comparison.
  fileprivate func validateFault(sharesObjective: Bool) throws(ConfigurationError) {
    guard let fault, case .ppo(let settings, _) = method else { return }
    guard !sharesObjective else {
      throw .outOfRange(
        "gallery_fault", fault.rawValue,
        allowed: "none; both pipelines optimise one objective unless same_objective is false")
    }
    guard fault != .temperatureMismatch || settings.temperature != 1 else {
      throw .contradiction(
        "'gallery_fault: temperature-mismatch' forgets a temperature, and at 1 there is none to "
          + "forget; set another temperature")
    }
  }

  /// Throws unless the arm optimises E[r] − β·KL and nothing else.
  fileprivate func validateObjective(beta: Double) throws(ConfigurationError) {
    let remedy = "; both pipelines optimise one objective unless same_objective is false"
    switch method {
    case .dpo(let settings) where settings.beta != beta:
      throw .outOfRange("beta", "\(settings.beta)", allowed: "the experiment's β, \(beta)" + remedy)
    case .dpo(let settings)
    where settings.synchronizesReference == true || settings.online?.reference == .refreshed:
      throw .contradiction("a reference that moves changes the objective" + remedy)
    case .ppo(let settings, _):
      let rules: [(key: String, value: Any, holds: Bool, allowed: String)] = [
        ("kl_coef", settings.klPenalty, settings.klPenalty == beta, "the experiment's β, \(beta)"),
        ("kl_control", settings.klControl, settings.klControl == .fixed, "fixed"),
        (
          "reference_control", settings.referenceControl.rawValue,
          settings.referenceControl == .fixed, "fixed"
        ),
        ("score_scaling", settings.scoreScaling.rawValue, settings.scoreScaling == .none, "none"),
        ("score_clip", settings.scoreClip ?? 0, settings.scoreClip == nil, "none"),
        ("entropy_coef", settings.entropyWeight, settings.entropyWeight == 0, "0"),
        ("temperature", settings.temperature, settings.temperature == 1, "1"),
        ("whiten_rewards", settings.whitensRewards, !settings.whitensRewards, "false"),
        (
          "missing_eos_penalty", settings.missingEndPenalty ?? 0,
          settings.missingEndPenalty == nil, "none"
        ),
      ]
      for rule in rules where !rule.holds {
        throw .outOfRange(rule.key, "\(rule.value)", allowed: rule.allowed + remedy)
      }
    default: return
    }
  }
}

extension Node {
  /// The tree with the one β written into every arm that names none.
  fileprivate var withArmDefaults: Node {
    guard case .mapping(var mapping) = self else { return self }
    let beta = mapping["beta"] ?? Node("\(ExperimentSpecification().beta)")
    let sharesObjective = mapping["same_objective"]?.bool ?? true
    if case .sequence(var arms)? = mapping["arms"] {
      for index in arms.indices {
        for algorithm in PolicyOptimizer.allCases.map(\.rawValue) {
          arms[index].setDefault("algorithm", of: algorithm, to: Node(algorithm))
          // With an objective of its own, an arm has its dialect's β.
          let hasDialect = arms[index].mapping?[algorithm]?.mapping?["dialect"] != nil
          guard sharesObjective || !hasDialect else { continue }
          arms[index].setDefault("kl_coef", of: algorithm, to: beta)
        }
        arms[index].setDefault("beta", of: "dpo", to: beta)
      }
      mapping["arms"] = .sequence(arms)
    }
    return .mapping(mapping)
  }

  private mutating func setDefault(_ key: String, of method: String, to value: Node) {
    guard case .mapping(var arm) = self, let settings = arm[method] else { return }
    if settings.null != nil {
      arm[method] = .mapping(Mapping([(Node(key), value)], Tag(.map), .any, settings.mark))
    } else if case .mapping(var written) = settings, written[key] == nil {
      written[key] = value
      arm[method] = .mapping(written)
    }
    self = .mapping(arm)
  }
}
