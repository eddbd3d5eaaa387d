public import Datasets
public import Training

extension RewardConfiguration {
  /// Reads the settings that are present over the documented defaults.
  public init(from decoder: any Decoder) throws {
    self.init()
    let container = try decoder.container(keyedBy: CodingKeys.self)
    func read<Value: Decodable>(_ value: inout Value, _ key: CodingKeys) throws {
      value = try container.decodeIfPresent(Value.self, forKey: key) ?? value
    }
    try read(&learningRate, .learningRate)
    try read(&epochs, .epochs)
    try read(&batchSize, .batchSize)
    try read(&warmupSteps, .warmupSteps)
    try read(&decay, .decay)
    try read(&optimizer, .optimizer)
    try read(&weightDecay, .weightDecay)
    try read(&maximumGradientNorm, .maximumGradientNorm)
    centeringCoefficient = try container.decodeIfPresent(Double.self, forKey: .centeringCoefficient)
    margin = try container.decodeIfPresent(Double.self, forKey: .margin)
    rankingLoss = try container.decodeIfPresent(RankingLoss.self, forKey: .rankingLoss)
    normalization = try container.decodeIfPresent(
      RewardNormalization.self, forKey: .normalization)
    ensembleSize = try container.decodeIfPresent(Int.self, forKey: .ensembleSize)
    aggregation = try container.decodeIfPresent(EnsembleAggregation.self, forKey: .aggregation)
    uncertaintyWeight = try container.decodeIfPresent(Double.self, forKey: .uncertaintyWeight)
    try read(&gradientShards, .gradientShards)
  }

  /// Throws the first constraint that the values break.
  public func validate() throws(ConfigurationError) {
    func require(
      _ holds: Bool, _ key: CodingKeys, _ value: some Any, _ allowed: String
    ) throws(ConfigurationError) {
      guard holds else { throw .outOfRange(key.rawValue, "\(value)", allowed: allowed) }
    }
    try require(
      learningRate > 0 && learningRate.isFinite, .learningRate, learningRate, "a number above 0")
    try require(epochs > 0, .epochs, epochs, "1 or more")
    try require(batchSize > 0, .batchSize, batchSize, "1 or more")
    try require(warmupSteps >= 0, .warmupSteps, warmupSteps, "0 or more")
    try require(weightDecay >= 0, .weightDecay, weightDecay, "0 or more")
    try require(
      maximumGradientNorm > 0, .maximumGradientNorm, maximumGradientNorm, "a number above 0")
    if let coefficient = centeringCoefficient {
      try require(
        coefficient >= 0 && coefficient.isFinite, .centeringCoefficient, coefficient, "0 or more")
    }
    try require(margin?.isFinite ?? true, .margin, margin ?? 0, "a finite number")
    try require(ensembleSize ?? 1 >= 1, .ensembleSize, ensembleSize ?? 1, "1 or more")
    try require(
      0..<Double.infinity ~= uncertaintyWeight ?? 0, .uncertaintyWeight, uncertaintyWeight ?? 0,
      "0 or more")
    try require(gradientShards > 1, .gradientShards, gradientShards, "2 or more")
    try refuseContradictions()
  }

  /// Throws where the pairs ask for what the configuration cannot give them.
  ///
  /// A margin belongs to a pair; the pairs that a ranking implies are others than those of the data.
  public func validate(for pairs: [PreferencePair]) throws(ConfigurationError) {
    guard rankingLoss != nil, pairs.contains(where: { $0.margin != nil }) else { return }
    throw .contradiction(
      "the data have margins, which belong to pairs; remove ranking_loss or the key 'margin'")
  }

  private func refuseContradictions() throws(ConfigurationError) {
    if rankingLoss != nil, margin != nil || centeringCoefficient != nil {
      throw .contradiction(
        "margin and center_rewards_coefficient belong to pairs; remove them or ranking_loss")
    }
    if ensembleSize ?? 1 == 1, aggregation != nil || uncertaintyWeight != nil {
      throw .contradiction(
        "ensemble_aggregation and uncertainty_weight need an ensemble_size of 2 or more")
    }
    if uncertaintyWeight != nil, aggregation != .uncertaintyWeighted {
      throw .contradiction(
        "uncertainty_weight belongs to ensemble_aggregation: uncertainty_weighted")
    }
  }

  /// The reward of trained models: the one there is, or what the ensemble makes of them.
  public func reward(of members: [RewardModel]) -> any RewardFunction {
    guard members.count > 1 else { return members[0] }
    return RewardEnsemble(
      members, aggregation: aggregation ?? .mean, uncertaintyWeight: uncertaintyWeight ?? 0.1)
  }
}
