import LanguageModel
public import Training

extension PPOConfiguration {
  /// Throws if the settings are impossible, alone or with this model and these prompts.
  func validate(
    for model: ModelConfiguration, prompts: [[Int]]
  ) throws(ConfigurationError) {
    try validate()
    guard let longest = prompts.map(\.count).max(), prompts.allSatisfy({ !$0.isEmpty }) else {
      throw .contradiction("PPO needs prompts, each of at least one token")
    }
    guard longest + responseLength <= model.maximumLength else {
      throw .contradiction(
        "a prompt of \(longest) tokens and a '\(CodingKeys.responseLength.rawValue)' of "
          + "\(responseLength) exceed the model's \(model.maximumLength) positions")
    }
  }

  /// Throws the first constraint that the values break.
  public func validate() throws(ConfigurationError) {
    try validateCounts()
    try validateRewards()
    try validateUpdates()
    try validateBaseline()
    try validateCompletionWeights()
    try validateValueModel()
    try validateReference()
    let shards = minibatches * gradientShards
    guard shards <= rolloutsPerIteration / completionsPerPrompt else {
      throw .contradiction(
        "\(minibatches) minibatches of \(gradientShards) shards need at least \(shards) "
          + "\(unit) per iteration, not \(rolloutsPerIteration / completionsPerPrompt)")
    }
    guard (rolloutsPerIteration / completionsPerPrompt).isMultiple(of: minibatches) else {
      throw .contradiction(
        "\(rolloutsPerIteration / completionsPerPrompt) \(unit) per iteration do not divide into "
          + "\(minibatches) minibatches of one size")
    }
  }

  /// What minibatches and shards consist of.
  private var unit: String {
    completionsPerPrompt == 1 ? "rollouts" : "prompts of \(completionsPerPrompt) rollouts"
  }

  private func validateBaseline() throws(ConfigurationError) {
    let most = rolloutsPerIteration
    try require(.baselineSamples, baselineSamples, in: "1 ≤ K ≤ 4096") { 1...4096 ~= $0 }
    try require(.completionsPerPrompt, completionsPerPrompt, in: "a divisor of \(most) rollouts") {
      $0 >= 1 && most.isMultiple(of: $0)
    }
    guard !baseline.needs.contains(.groups) || completionsPerPrompt >= 2 else {
      throw .outOfRange(
        CodingKeys.completionsPerPrompt.rawValue, "\(completionsPerPrompt)",
        allowed: "n ≥ 2, since the baseline \(baseline.rawValue) is a mean over the prompt's others"
      )
    }
    guard baseline == .learnedValue || discount == 1 else {
      throw .outOfRange(
        CodingKeys.discount.rawValue, "\(discount)",
        allowed: "1, since the baseline \(baseline.rawValue) weighs whole completions")
    }
    guard !baseline.needs.contains(.penalizedReward) || klPenalty > 0 else {
      throw .outOfRange(
        CodingKeys.klPenalty.rawValue, "\(klPenalty)",
        allowed:
          "0 < β < ∞, since the baseline \(baseline.rawValue) belongs to the penalised reward")
    }
  }

  /// Throws where a setting of whole completions meets one that weighs tokens.
  private func validateCompletionWeights() throws(ConfigurationError) {
    let isLearned = baseline == .learnedValue
    guard !isLearned || ratioLevel == .token else {
      throw .contradiction(
        "a ratio_level of sequence needs one advantage for a completion, which the baseline "
          + "learned-value has not; choose another baseline")
    }
    guard ratioLevel == .token || [nil, .completionSum].contains(lossReduction) else {
      throw .contradiction(
        "a ratio_level of sequence has one term for a completion, whose mean is completion-sum; "
          + "leave loss_reduction out")
    }
    guard !isLearned || advantageScale == .none else {
      throw .contradiction(
        "advantage_scale divides advantages of whole completions; with the baseline learned-value "
          + "there is whiten_advantages")
    }
    guard advantageScale != .group || completionsPerPrompt >= 2 else {
      throw .outOfRange(
        CodingKeys.completionsPerPrompt.rawValue, "\(completionsPerPrompt)",
        allowed: "n ≥ 2, since advantage_scale is the deviation within a prompt's group")
    }
  }

  /// Throws where the value model cannot be what is asked for.
  private func validateValueModel() throws(ConfigurationError) {
    guard valueTrunk != .separate else { return }
    let name = CodingKeys.valueTrunk.rawValue
    guard baseline == .learnedValue else {
      throw .contradiction("'\(name)' belongs to the baseline learned-value; leave it out")
    }
    guard valueStart != .rewardModel, valueLearningRate == nil else {
      throw .contradiction(
        "a value head on the policy's trunk has neither a reward model's weights nor a learning "
          + "rate of its own; leave out value_init and value_learning_rate, or '\(name)'")
    }
  }

  /// Throws where a baseline was computed for other rewards or another reference.
  private func validateReference() throws(ConfigurationError) {
    guard !baseline.needs.contains(.plainScores) || (scoreScaling == .none && scoreClip == nil)
    else {
      throw .contradiction(
        "the baseline \(baseline.rawValue) is in the units of the reward; leave out score_scaling "
          + "and score_clip")
    }
    let isPenalized = baseline.needs.contains(.penalizedReward)
    guard !isPenalized || (klPlacement == .reward && referenceControl == .fixed) else {
      throw .contradiction(
        "the baseline \(baseline.rawValue) belongs to the penalised reward and a fixed reference; "
          + "leave out kl_in and reference_control")
    }
  }

  private func validateCounts() throws(ConfigurationError) {
    try require(.iterations, iterations, in: "n ≥ 1") { $0 >= 1 }
    try require(.rolloutsPerIteration, rolloutsPerIteration, in: "n ≥ 2") { $0 >= 2 }
    try require(.responseLength, responseLength, in: "n ≥ 1") { $0 >= 1 }
    try require(.epochs, epochs, in: "n ≥ 1") { $0 >= 1 }
    try require(.minibatches, minibatches, in: "n ≥ 1") { $0 >= 1 }
    try require(.gradientShards, gradientShards, in: "n ≥ 2") { $0 >= 2 }
    try require(.warmupSteps, warmupSteps, in: "0 ≤ n < ∞") { $0 >= 0 && $0.isFinite }
  }

  private func validateRewards() throws(ConfigurationError) {
    try require(.temperature, temperature, in: "0 < T < ∞") { $0 > 0 && $0.isFinite }
    try require(.klPenalty, klPenalty, in: "0 ≤ β < ∞") { $0 >= 0 && $0.isFinite }
    try require(.klTarget, klTarget, in: "0 < KL < ∞") { $0 > 0 && $0.isFinite }
    try require(.klHorizon, klHorizon, in: "0 < n < ∞") { $0 > 0 && $0.isFinite }
    try require(.missingEndPenalty, missingEndPenalty ?? 0, in: "finite") { $0.isFinite }
    try require(.scoreClip, scoreClip ?? 1, in: "0 < size") { $0 > 0 }
    try require(.discount, discount, in: "0 ≤ γ ≤ 1") { 0...1 ~= $0 }
    try require(.lambda, lambda, in: "0 ≤ λ ≤ 1") { 0...1 ~= $0 }
  }

  private func validateUpdates() throws(ConfigurationError) {
    try require(.clipRange, clipRange, in: "0 < ε < 1") { $0 > 0 && $0 < 1 }
    try require(.valueClipRange, valueClipRange, in: "0 < c") { $0 > 0 }
    try require(.valueWeight, valueWeight, in: "0 < c < ∞") { $0 > 0 && $0.isFinite }
    try require(.learningRate, learningRate, in: "0 < rate < ∞") { $0 > 0 && $0.isFinite }
    try require(.valueLearningRate, valueLearningRate ?? 1, in: "0 < rate < ∞") {
      $0 > 0 && $0.isFinite
    }
    try require(.maximumGradientNorm, maximumGradientNorm, in: "0 < norm") { $0 > 0 }
    try require(.targetKL, targetKL ?? 1, in: "0 < KL") { $0 > 0 }
    try require(.ratioThreshold, ratioThreshold ?? 2, in: "1 < ratio") { $0 > 1 }
    try require(.dualClip, dualClip ?? 2, in: "1 < c") { $0 > 1 }
    try require(.entropyWeight, entropyWeight, in: "0 ≤ c < ∞") { $0 >= 0 && $0.isFinite }
    try require(.adamEpsilon, adamEpsilon, in: "0 < ε < 1") { $0 > 0 && $0 < 1 }
    try require(.referenceMixture, referenceMixture, in: "0 < α ≤ 1") { $0 > 0 && $0 <= 1 }
    try require(.referenceInterval, referenceInterval, in: "n ≥ 1") { $0 >= 1 }
  }

  private func require<Value>(
    _ key: CodingKeys, _ value: Value, in allowed: String, where isAllowed: (Value) -> Bool
  ) throws(ConfigurationError) {
    guard isAllowed(value) else {
      throw .outOfRange(key.rawValue, "\(value)", allowed: allowed)
    }
  }
}
