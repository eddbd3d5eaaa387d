public import Optimizers

extension PPOConfiguration {
  /// Throws the first constraint that the values break.
  public func validate() throws(ConfigurationError) {
    try validateCounts()
    try validateRewards()
    try validateUpdates()
    let shards = minibatches * gradientShards
    guard shards <= rolloutsPerIteration else {
      throw .contradiction(
        "\(minibatches) minibatches of \(gradientShards) shards need at least \(shards) rollouts "
          + "per iteration, not \(rolloutsPerIteration)")
    }
    guard rolloutsPerIteration.isMultiple(of: minibatches) else {
      throw .contradiction(
        "\(rolloutsPerIteration) rollouts per iteration do not divide into \(minibatches) "
          + "minibatches of one size")
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
