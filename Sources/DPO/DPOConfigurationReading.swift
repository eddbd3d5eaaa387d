extension DPOConfiguration {
  /// Reads the settings that are present over the documented defaults.
  public init(from decoder: any Decoder) throws {
    self.init()
    let container = try decoder.container(keyedBy: CodingKeys.self)
    func read<Value: Decodable>(_ value: inout Value, _ key: CodingKeys) throws {
      value = try container.decodeIfPresent(Value.self, forKey: key) ?? value
    }
    try read(&beta, .beta)
    try read(&lossKind, .lossKind)
    try read(&learningRate, .learningRate)
    try read(&epochs, .epochs)
    try read(&batchSize, .batchSize)
    try read(&warmupSteps, .warmupSteps)
    try read(&decay, .decay)
    try read(&optimizer, .optimizer)
    try read(&weightDecay, .weightDecay)
    try read(&maximumGradientNorm, .maximumGradientNorm)
    try read(&gradientShards, .gradientShards)
    try read(&probePairs, .probePairs)
    synchronizesReference = try container.decodeIfPresent(Bool.self, forKey: .synchronizesReference)
    mixupShare = try container.decodeIfPresent(Double.self, forKey: .mixupShare)
    synchronizationSteps = try container.decodeIfPresent(Int.self, forKey: .synchronizationSteps)
    online = try container.decodeIfPresent(OnlineDPOConfiguration.self, forKey: .online)
    options = try PreferenceLossOptions(from: decoder)
  }

  /// Writes every setting that has a value, those of the loss beside the others.
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(beta, forKey: .beta)
    try container.encode(lossKind, forKey: .lossKind)
    try container.encode(learningRate, forKey: .learningRate)
    try container.encode(epochs, forKey: .epochs)
    try container.encode(batchSize, forKey: .batchSize)
    try container.encode(warmupSteps, forKey: .warmupSteps)
    try container.encode(decay, forKey: .decay)
    try container.encode(optimizer, forKey: .optimizer)
    try container.encode(weightDecay, forKey: .weightDecay)
    try container.encode(maximumGradientNorm, forKey: .maximumGradientNorm)
    try container.encode(gradientShards, forKey: .gradientShards)
    try container.encode(probePairs, forKey: .probePairs)
    try container.encodeIfPresent(synchronizesReference, forKey: .synchronizesReference)
    try container.encodeIfPresent(mixupShare, forKey: .mixupShare)
    try container.encodeIfPresent(synchronizationSteps, forKey: .synchronizationSteps)
    try container.encodeIfPresent(online, forKey: .online)
    try options.encode(to: encoder)
  }
}
