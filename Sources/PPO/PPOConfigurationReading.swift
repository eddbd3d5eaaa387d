import Optimizers

extension PPOConfiguration {
  /// Reads the keys that are there and keeps the documented defaults of all others.
  public init(from decoder: any Decoder) throws {
    let values = try decoder.container(keyedBy: CodingKeys.self)
    func read<Value: Decodable>(_ key: CodingKeys, into value: inout Value) throws {
      value = try values.decodeIfPresent(Value.self, forKey: key) ?? value
    }
    self.init()
    try read(.iterations, into: &iterations)
    try read(.rolloutsPerIteration, into: &rolloutsPerIteration)
    try read(.completionsPerPrompt, into: &completionsPerPrompt)
    try read(.responseLength, into: &responseLength)
    try read(.temperature, into: &temperature)
    try read(.klPenalty, into: &klPenalty)
    try read(.klEstimator, into: &klEstimator)
    try read(.klControl, into: &klControl)
    try read(.klTarget, into: &klTarget)
    try read(.klHorizon, into: &klHorizon)
    try read(.missingEndPenalty, into: &missingEndPenalty)
    try read(.whitensRewards, into: &whitensRewards)
    try read(.baseline, into: &baseline)
    try read(.baselineSamples, into: &baselineSamples)
    try read(.whitensAdvantages, into: &whitensAdvantages)
    try read(.discount, into: &discount)
    try read(.lambda, into: &lambda)
    try read(.epochs, into: &epochs)
    try read(.minibatches, into: &minibatches)
    try read(.gradientShards, into: &gradientShards)
    try read(.clipRange, into: &clipRange)
    try read(.valueClipRange, into: &valueClipRange)
    try read(.valueWeight, into: &valueWeight)
    try read(.learningRate, into: &learningRate)
    try read(.valueLearningRate, into: &valueLearningRate)
    try read(.warmupSteps, into: &warmupSteps)
    try read(.learningRateDecay, into: &learningRateDecay)
    try read(.maximumGradientNorm, into: &maximumGradientNorm)
    try read(.targetKL, into: &targetKL)
    try read(.ratioThreshold, into: &ratioThreshold)
  }
}
