import Autograd
public import TensorKernels

/// What a probability ratio belongs to.
public enum RatioLevel: String, Codable, Sendable, CaseIterable {
  /// Each token: PPO and GRPO.
  case token
  /// The whole completion, ρ = π(y)/π_old(y): RLOO of TRL 1.16, Ahmadian (2024).
  case sequence
}

/// How the terms of tokens make one loss.
public enum LossReduction: String, Codable, Sendable, CaseIterable {
  /// Σ over all tokens of the minibatch ÷ their number: PPO, and GRPO's loss type `bnpo`.
  ///
  /// The divisor depends on what was sampled, hence the gradient of (R − b)·log π is biased.
  case tokenMean = "token-mean"
  /// Σ over each completion's tokens, mean over completions: Williams (1992), Liu (2025) up to a
  /// constant; the one that leaves (R − b)·∇log π unbiased.
  case completionSum = "completion-sum"
  /// Mean over each completion's tokens, mean over completions: GRPO, Shao (2024), equation 3.
  ///
  /// A token of a long completion weighs less; biased towards short good and long bad completions.
  case completionMean = "completion-mean"

  /// The weight of every token of some completions in the loss of their minibatch.
  ///
  /// - Parameters:
  ///   - lengths: Tokens of each of these completions.
  ///   - tokens: Tokens of the whole minibatch.
  ///   - completions: Completions of the whole minibatch.
  /// - Returns: One weight for each token, completion by completion.
  public func weights<Scalar: TensorScalar>(
    lengths: [Int], tokens: Int, completions: Int
  ) -> [Scalar] {
    lengths.flatMap { length -> [Scalar] in
      let divisor =
        switch self {
        case .tokenMean: tokens
        case .completionSum: completions
        case .completionMean: completions * length
        }
      return [Scalar](repeating: 1 / Scalar(divisor), count: length)
    }
  }
}

/// How far the value model's squared error is held to its old values.
public enum ValueLossKind: String, Codable, Sendable, CaseIterable {
  /// The larger of the errors of V and of V clipped to V_old ± c: TRL, Ziegler's code.
  case clipped
  /// The plain squared error.
  case squared
}

/// The losses of a minibatch, shard by shard: which numbers of the rollouts each of them reads, and
/// what every token weighs.
struct MinibatchLoss {
  let minibatch: Minibatch
  let rollouts: Rollouts
  private let learning: AdvantagesAndReturns<Float>
  private let configuration: PPOConfiguration
  private let resolution: BaselineResolution
  /// The advantage of each token of each rollout.
  private let advantages: [[Float]]

  init(
    of minibatch: Minibatch, _ rollouts: Rollouts, _ learning: AdvantagesAndReturns<Float>,
    _ configuration: PPOConfiguration, _ resolution: BaselineResolution
  ) {
    (self.minibatch, self.rollouts, self.learning) = (minibatch, rollouts, learning)
    (self.configuration, self.resolution) = (configuration, resolution)
    var rows = learning.policyAdvantages
    if configuration.whitensAdvantages, configuration.whiteningScope == .minibatch {
      let indices = minibatch.rollouts
      let whitenedRows = whitened(
        indices.map { rows[$0] }, variance: configuration.whiteningVariance)
      for (index, row) in zip(indices, whitenedRows) { rows[index] = row }
    }
    advantages = rows
  }

  // MARK: The policy's loss

  /// A shard's part of the policy loss.
  func policyLoss(
    _ logProbabilities: Tensor<Float>, of indices: [Int], on tape: Tape<Float>
  ) -> (loss: Tensor<Float>, reading: PolicyLossReading<Float>) {
    let tokenRatios = logProbabilities - tape.column(rollouts.logProbabilities.joined(indices))
    let (clipRange, dualClip) = (
      Float(configuration.clipRange), configuration.dualClip.map { Float($0) }
    )
    switch configuration.ratioLevel {
    case .token:
      return clippedPolicyLoss(
        logRatios: tokenRatios, advantages: advantages.joined(indices),
        weights: weights(of: indices), clipRange: clipRange, dualClip: dualClip, on: tape)
    case .sequence:
      // All tokens of a completion have its advantage; the loss is a mean over completions.
      let weight = 1 / Float(minibatch.rollouts.count)
      return clippedPolicyLoss(
        logRatios: tokenRatios.segmentSums(Segments(lengths: lengths(indices))),
        advantages: indices.map { advantages[$0].first ?? 0 },
        weights: indices.map { _ in weight }, clipRange: clipRange, dualClip: dualClip, on: tape)
    }
  }

  /// The policy loss as metrics show it: weighed as a `loss_reduction` that is named says, else the
  /// mean over terms as in TRL, whatever they weigh in the gradient.
  func loggedPolicyLoss(_ reading: PolicyLossReading<Float>) -> Double {
    guard configuration.ratioLevel == .token, configuration.lossReduction != nil else {
      return Double(reading.mean)
    }
    return Double(reading.sum(weighedBy: weights(of: minibatch.rollouts)))
  }

  /// The weight of each token of some rollouts in the loss of the minibatch.
  func weights(of indices: [Int]) -> [Float] {
    reduction.weights(
      lengths: lengths(indices), tokens: rollouts.tokenCount(minibatch.rollouts),
      completions: minibatch.rollouts.count)
  }

  /// A mean over tokens, or over completions where these are weighed whole.
  ///
  /// The number of tokens depends on the completions; divided by it, (R − b)·∇log π is biased.
  private var reduction: LossReduction {
    configuration.lossReduction ?? (resolution == .token ? .tokenMean : .completionSum)
  }

  private func lengths(_ indices: [Int]) -> [Int] {
    indices.map { rollouts.layout.tokenCounts[$0] }
  }

  // MARK: The KL in the loss

  /// A shard's part of the KL penalty, not weighed by β; nil where it is part of the rewards.
  func klLoss(
    _ logProbabilities: Tensor<Float>, of indices: [Int], on tape: Tape<Float>
  ) -> (loss: Tensor<Float>, estimates: [Float])? {
    guard configuration.klPlacement == .loss else { return nil }
    return PPO.klLoss(
      logProbabilities, reference: rollouts.referenceLogProbabilities.joined(indices),
      estimator: configuration.klEstimator, weights: weights(of: indices), on: tape)
  }

  /// The KL penalty of the whole minibatch, not weighed by β; nil where it is part of the rewards.
  func loggedKLLoss(_ estimates: [Float]) -> Double? {
    guard configuration.klPlacement == .loss else { return nil }
    return zip(estimates, weights(of: minibatch.rollouts)).reduce(0) {
      $0 + Double($1.0) * Double($1.1)
    }
  }

  // MARK: The value's loss

  /// A shard's part of the value loss, not weighed by its coefficient.
  func valueLoss(
    _ values: Tensor<Float>, of indices: [Int], on tape: Tape<Float>
  ) -> (loss: Tensor<Float>, reading: ValueLossReading<Float>) {
    let clipRange: Float =
      switch configuration.valueLoss {
      case .clipped: Float(configuration.valueClipRange)
      case .squared: .infinity
      }
    return clippedValueLoss(
      values, old: rollouts.values.joined(indices), returns: learning.returns.joined(indices),
      clipRange: clipRange, count: rollouts.slotCount(minibatch.rollouts), on: tape)
  }
}
