public import Optimizers

extension PPOConfiguration {
  /// Throws the first constraint that the values break.
  public func validate() throws(ConfigurationError) {
    try validateCounts()
    try validateRewards()
    try validateUpdates()
    try validateBaseline()
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
    guard baseline != .leaveOneOut || completionsPerPrompt >= 2 else {
      throw .outOfRange(
        CodingKeys.completionsPerPrompt.rawValue, "\(completionsPerPrompt)",
        allowed: "n ≥ 2, since the baseline leave-one-out is the mean of the prompt's others")
    }
    guard baseline == .learnedValue || discount == 1 else {
      throw .outOfRange(
        CodingKeys.discount.rawValue, "\(discount)",
        allowed: "1, since the baseline \(baseline.rawValue) weighs whole completions")
    }
    guard !(baseline.needsEnumeration || baseline == .logMeanExponential) || klPenalty > 0 else {
      throw .outOfRange(
        CodingKeys.klPenalty.rawValue, "\(klPenalty)",
        allowed:
          "0 < β < ∞, since the baseline \(baseline.rawValue) belongs to the penalised reward")
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
  }

  private func require<Value>(
    _ key: CodingKeys, _ value: Value, in allowed: String, where isAllowed: (Value) -> Bool
  ) throws(ConfigurationError) {
    guard isAllowed(value) else {
      throw .outOfRange(key.rawValue, "\(value)", allowed: allowed)
    }
  }
}
