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
        "a prompt of \(longest) tokens and a 'response_length' of "
          + "\(responseLength) exceed the model's \(model.maximumLength) positions")
    }
  }

  /// Throws where settings that are each in their range exclude one another.
  public func validateTogether() throws(ConfigurationError) {
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
    guard rolloutsPerIteration.isMultiple(of: completionsPerPrompt) else {
      throw .outOfRange(
        "completions_per_prompt", "\(completionsPerPrompt)",
        allowed: "a divisor of \(rolloutsPerIteration) rollouts")
    }
    guard !baseline.needs.contains(.groups) || completionsPerPrompt >= 2 else {
      throw .outOfRange(
        "completions_per_prompt", "\(completionsPerPrompt)",
        allowed: "n ≥ 2, since the baseline \(baseline.rawValue) is a mean over the prompt's others"
      )
    }
    guard baseline == .learnedValue || discount == 1 else {
      throw .outOfRange(
        "gamma", "\(discount)",
        allowed: "1, since the baseline \(baseline.rawValue) weighs whole completions")
    }
    guard !baseline.needs.contains(.penalizedReward) || klPenalty > 0 else {
      throw .outOfRange(
        "kl_coef", "\(klPenalty)",
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
    guard tokenReturn != .toGo || (!isLearned && ratioLevel == .token && advantageScale == .none)
    else {
      throw .contradiction(
        "a token_return of to-go is an advantage for each token: it belongs to a baseline other than "
          + "learned-value, whose 'lam: 1' is the same, and goes with neither a ratio_level of "
          + "sequence nor an advantage_scale")
    }
    guard advantageScale != .group || completionsPerPrompt >= 2 else {
      throw .outOfRange(
        "completions_per_prompt", "\(completionsPerPrompt)",
        allowed: "n ≥ 2, since advantage_scale is the deviation within a prompt's group")
    }
  }

  /// Throws where the value model cannot be what is asked for.
  private func validateValueModel() throws(ConfigurationError) {
    guard valueTrunk != .separate else { return }
    guard baseline == .learnedValue else {
      throw .contradiction("'value_trunk' belongs to the baseline learned-value; leave it out")
    }
    guard valueStart != .rewardModel, valueLearningRate == nil else {
      throw .contradiction(
        "a value head on the policy's trunk has neither a reward model's weights nor a learning "
          + "rate of its own; leave out value_init and value_learning_rate, or 'value_trunk'")
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
}
