import Optimizers

extension PPOConfiguration {
  /// Reads the keys that are there and keeps the documented defaults of all others.
  ///
  /// The defaults are those of the `algorithm` and the `dialect` that are named.
  public init(from decoder: any Decoder) throws {
    let values = try decoder.container(keyedBy: CodingKeys.self)
    self.init(
      algorithm: try values.decodeIfPresent(PolicyOptimizer.self, forKey: .algorithm) ?? .ppo,
      dialect: try values.decodeIfPresent(PPODialect.self, forKey: .dialect) ?? .tandem)
    try readRollouts(values)
    try readAdvantages(values)
    try readLosses(values)
    try readUpdates(values)
  }

  private typealias Values = KeyedDecodingContainer<CodingKeys>

  private mutating func readRollouts(_ values: Values) throws {
    try values.read(.iterations, into: &iterations)
    try values.read(.rolloutsPerIteration, into: &rolloutsPerIteration)
    try values.read(.completionsPerPrompt, into: &completionsPerPrompt)
    try values.read(.responseLength, into: &responseLength)
    try values.read(.temperature, into: &temperature)
    try values.read(.klPenalty, into: &klPenalty)
    try values.read(.klEstimator, into: &klEstimator)
    try values.read(.klPlacement, into: &klPlacement)
    try values.read(.klControl, into: &klControl)
    try values.read(.klTarget, into: &klTarget)
    try values.read(.klHorizon, into: &klHorizon)
    try values.read(.missingEndPenalty, into: &missingEndPenalty)
    try values.read(.missingEndRule, into: &missingEndRule)
    try values.read(.scorePosition, into: &scorePosition)
    try values.read(.scoreScaling, into: &scoreScaling)
    try values.read(.scoreClip, into: &scoreClip)
    try values.read(.whitensRewards, into: &whitensRewards)
  }

  private mutating func readAdvantages(_ values: Values) throws {
    try values.read(.baseline, into: &baseline)
    try values.read(.baselineSamples, into: &baselineSamples)
    try values.read(.advantageScale, into: &advantageScale)
    try values.read(.whitensAdvantages, into: &whitensAdvantages)
    try values.read(.whiteningScope, into: &whiteningScope)
    try values.read(.whiteningVariance, into: &whiteningVariance)
    try values.read(.discount, into: &discount)
    try values.read(.lambda, into: &lambda)
    try values.read(.valueStart, into: &valueStart)
    try values.read(.valueTrunk, into: &valueTrunk)
  }

  private mutating func readLosses(_ values: Values) throws {
    try values.read(.clipRange, into: &clipRange)
    try values.read(.dualClip, into: &dualClip)
    try values.read(.ratioLevel, into: &ratioLevel)
    try values.read(.lossReduction, into: &lossReduction)
    try values.read(.entropyWeight, into: &entropyWeight)
    try values.read(.valueLoss, into: &valueLoss)
    try values.read(.valueClipRange, into: &valueClipRange)
    try values.read(.valueWeight, into: &valueWeight)
  }

  private mutating func readUpdates(_ values: Values) throws {
    try values.read(.epochs, into: &epochs)
    try values.read(.minibatches, into: &minibatches)
    try values.read(.gradientShards, into: &gradientShards)
    try values.read(.learningRate, into: &learningRate)
    try values.read(.valueLearningRate, into: &valueLearningRate)
    try values.read(.warmupSteps, into: &warmupSteps)
    try values.read(.learningRateDecay, into: &learningRateDecay)
    try values.read(.maximumGradientNorm, into: &maximumGradientNorm)
    try values.read(.adamEpsilon, into: &adamEpsilon)
    try values.read(.adamEpsilonPlacement, into: &adamEpsilonPlacement)
    try values.read(.targetKL, into: &targetKL)
    try values.read(.ratioThreshold, into: &ratioThreshold)
    try values.read(.referenceControl, into: &referenceControl)
    try values.read(.referenceMixture, into: &referenceMixture)
    try values.read(.referenceInterval, into: &referenceInterval)
  }
}

extension KeyedDecodingContainer {
  /// Overwrites a default where the key is there.
  fileprivate func read<Value: Decodable>(_ key: Key, into value: inout Value) throws {
    value = try decodeIfPresent(Value.self, forKey: key) ?? value
  }

  /// Overwrites an optional default where the key is there; null takes it away.
  fileprivate func read<Value: Decodable>(_ key: Key, into value: inout Value?) throws {
    guard contains(key) else { return }
    value = try decodeIfPresent(Value.self, forKey: key)
  }
}
