public import Training

extension DPOConfiguration {
  /// Throws the first constraint that the values break.
  public func validate() throws(ConfigurationError) {
    func require(
      _ holds: Bool, _ key: CodingKeys, _ value: some Any, _ allowed: String
    ) throws(ConfigurationError) {
      guard holds else { throw .outOfRange(key.rawValue, "\(value)", allowed: allowed) }
    }
    try require(beta > 0 && beta.isFinite, .beta, beta, "a number above 0")
    try require(
      learningRate > 0 && learningRate.isFinite, .learningRate, learningRate, "a number above 0")
    try require(epochs > 0, .epochs, epochs, "1 or more")
    try require(batchSize > 0, .batchSize, batchSize, "1 or more")
    try require(warmupSteps >= 0, .warmupSteps, warmupSteps, "0 or more")
    try require(weightDecay >= 0, .weightDecay, weightDecay, "0 or more")
    try require(
      maximumGradientNorm > 0, .maximumGradientNorm, maximumGradientNorm, "a number above 0")
    try require(gradientShards > 1, .gradientShards, gradientShards, "2 or more")
    try require(probePairs >= 0, .probePairs, probePairs, "0 or more")
    try options.validate(for: lossKind)
    try validateSynchronization()
    try validateOnline()
  }

  private func validateSynchronization() throws(ConfigurationError) {
    guard synchronizesReference == true else {
      if mixupShare != nil || synchronizationSteps != nil {
        throw .contradiction(
          "ref_model_mixup_alpha and ref_model_sync_steps need sync_ref_model: true; add it or "
            + "remove them")
      }
      return
    }
    guard 0...1 ~= mixupShare ?? 0.6 else {
      throw .outOfRange("ref_model_mixup_alpha", "\(mixupShare ?? 0.6)", allowed: "0 ≤ α ≤ 1")
    }
    guard synchronizationSteps ?? 512 > 0 else {
      throw .outOfRange(
        "ref_model_sync_steps", "\(synchronizationSteps ?? 512)", allowed: "1 or more")
    }
  }

  private func validateOnline() throws(ConfigurationError) {
    try online?.validate()
    if online != nil, lossKind == .plackettLuce {
      throw .contradiction(
        "online rounds sample pairs, not rankings; use another loss_type than plackett_luce")
    }
  }
}

extension PreferenceLossOptions {
  /// Throws where a setting is out of range or the loss does not read it.
  public func validate(for kind: PreferenceLossKind) throws(ConfigurationError) {
    for (key, value, allowed, holds) in ranges {
      guard let value else { continue }
      guard kind.options.contains(key) else { throw unread(key, by: kind) }
      guard holds(value) else { throw .outOfRange(key.rawValue, "\(value)", allowed: allowed) }
    }
    if divergence != nil, !kind.options.contains(.divergence) {
      throw unread(.divergence, by: kind)
    }
    if isReferenceFree != nil, !kind.options.contains(.isReferenceFree) {
      throw unread(.isReferenceFree, by: kind)
    }
    if divergenceAlpha != nil, divergence != .alpha {
      throw .contradiction(
        "f_alpha_divergence_coef belongs to f_divergence_type: alpha_divergence; set that or "
          + "remove it")
    }
  }

  private typealias Range = (
    key: CodingKeys, value: Double?, allowed: String, holds: (Double) -> Bool
  )

  private var ranges: [Range] {
    [
      (.labelSmoothing, labelSmoothing, "0 ≤ ε < 0.5", { 0..<0.5 ~= $0 }),
      (.divergenceAlpha, divergenceAlpha, "a finite number", { $0.isFinite }),
      (.discoPOPTemperature, discoPOPTemperature, "0 < τ < ∞", { $0 > 0 && $0.isFinite }),
      (.simPOMargin, simPOMargin, "a finite number", { $0.isFinite }),
      (.cpoAlpha, cpoAlpha, "0 or more", { $0 >= 0 && $0.isFinite }),
      (.desirableWeight, desirableWeight, "a number above 0", { $0 > 0 && $0.isFinite }),
      (.undesirableWeight, undesirableWeight, "a number above 0", { $0 > 0 && $0.isFinite }),
      (.lengthPenalty, lengthPenalty, "a finite number", { $0.isFinite }),
      (.unlikelihoodWeight, unlikelihoodWeight, "0 or more", { $0 >= 0 && $0.isFinite }),
      (.supervisedWeight, supervisedWeight, "0 or more", { $0 >= 0 && $0.isFinite }),
    ]
  }

  private func unread(_ key: CodingKeys, by kind: PreferenceLossKind) -> ConfigurationError {
    if key == .labelSmoothing, kind == .sigmoid {
      return .contradiction(
        "loss_type: sigmoid ignores label_smoothing, in TRL since 0.29; use loss_type: cdpo for "
          + "the softened label of TRL 0.28, or robust")
    }
    let read = kind.options.map(\.rawValue).sorted()
    return .contradiction(
      "loss_type: \(kind.rawValue) does not read \(key.rawValue); remove it"
        + (read.isEmpty ? "" : " (it reads \(read.joined(separator: ", ")))"))
  }
}
