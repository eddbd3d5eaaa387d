import Autograd
import TensorKernels

/// A minibatch with its advantages and everything that its losses are made of.
struct UpdateBatch {
  let minibatch: Minibatch
  let rollouts: Rollouts
  private let targets: PPOTargets<Float>
  private let configuration: PPOConfiguration
  private let resolution: BaselineResolution
  /// The advantage of each token of each rollout.
  private let advantages: [[Float]]

  init(
    _ minibatch: Minibatch, _ rollouts: Rollouts, _ targets: PPOTargets<Float>,
    _ configuration: PPOConfiguration, _ resolution: BaselineResolution
  ) {
    (self.minibatch, self.rollouts, self.targets) = (minibatch, rollouts, targets)
    (self.configuration, self.resolution) = (configuration, resolution)
    var rows = targets.policyAdvantages
    if configuration.whitensAdvantages, configuration.whiteningScope == .minibatch {
      let indices = minibatch.rollouts
      let whitenedRows = whitened(
        indices.map { rows[$0] }, variance: configuration.whiteningVariance)
      for (index, row) in zip(indices, whitenedRows) { rows[index] = row }
    }
    advantages = rows
  }

  // MARK: The policy's loss

  /// A shard's part of the policy loss, on the tape.
  func policyLoss(
    _ logProbabilities: Tensor<Float>, of indices: [Int], on tape: Tape<Float>
  ) -> Tensor<Float> {
    let old = rollouts.logProbabilities.joined(indices)
    let dualClip = configuration.dualClip.map { Float($0) }
    guard weighsTerms else {
      return clippedPolicyLoss(
        logProbabilities, old: old, advantages: advantages.joined(indices),
        clipRange: Float(configuration.clipRange), dualClip: dualClip, count: lossCount, on: tape)
    }
    var logRatios = logProbabilities - tape.column(old)
    if configuration.ratioLevel == .sequence {
      logRatios = logRatios.segmentSums(Segments(lengths: lengths(indices)))
    }
    return clippedPolicyLoss(
      logRatios: logRatios, advantages: termAdvantages(indices),
      clipRange: Float(configuration.clipRange), dualClip: dualClip, weights: termWeights(indices),
      on: tape)
  }

  /// The policy loss of the whole minibatch and its ratios, from the log-probabilities of all shards.
  func policyLoss(_ logProbabilities: [Float]) -> ClippedPolicyLoss<Float> {
    let indices = minibatch.rollouts
    let old = rollouts.logProbabilities.joined(indices)
    let (clipRange, dualClip) = (
      Float(configuration.clipRange), configuration.dualClip.map { Float($0) }
    )
    guard configuration.ratioLevel == .sequence else {
      return ClippedPolicyLoss(
        logProbabilities: logProbabilities, old: old, advantages: advantages.joined(indices),
        clipRange: clipRange, dualClip: dualClip,
        weights: weighsTerms ? termWeights(indices) : nil)
    }
    let segments = Segments(lengths: lengths(indices))
    let sums = (0..<segments.count).map { i in
      segments[i].reduce(Float(0)) { $0 + (logProbabilities[$1] - old[$1]) }
    }
    return ClippedPolicyLoss(
      logProbabilities: sums, old: [Float](repeating: 0, count: sums.count),
      advantages: termAdvantages(indices), clipRange: clipRange, dualClip: dualClip)
  }

  /// Whether terms have weights of their own instead of one divisor.
  private var weighsTerms: Bool {
    configuration.ratioLevel == .sequence || configuration.lossReduction != nil
  }

  /// What the loss is divided by: tokens, or completions where they are weighed whole.
  ///
  /// The number of tokens depends on the completions; divided by it, (R − b)·∇log π is biased.
  private var lossCount: Int {
    switch reduction {
    case .tokenMean: rollouts.tokenCount(minibatch.rollouts)
    case .completionSum, .completionMean: minibatch.rollouts.count
    }
  }

  private var reduction: LossReduction {
    if let chosen = configuration.lossReduction { return chosen }
    return resolution == .token ? .tokenMean : .completionSum
  }

  private func lengths(_ indices: [Int]) -> [Int] {
    indices.map { rollouts.layout.tokenCounts[$0] }
  }

  private func termAdvantages(_ indices: [Int]) -> [Float] {
    switch configuration.ratioLevel {
    case .token: advantages.joined(indices)
    case .sequence: indices.map { advantages[$0].first ?? 0 }
    }
  }

  private func termWeights(_ indices: [Int]) -> [Float] {
    switch configuration.ratioLevel {
    case .token: weights(of: indices)
    case .sequence:
      [Float](repeating: 1 / Float(minibatch.rollouts.count), count: indices.count)
    }
  }

  /// The weight of each token of some rollouts in the loss of the minibatch.
  func weights(of indices: [Int]) -> [Float] {
    reduction.weights(
      lengths: lengths(indices), tokens: rollouts.tokenCount(minibatch.rollouts),
      completions: minibatch.rollouts.count)
  }

  // MARK: The KL in the loss

  /// A shard's part of the KL penalty, not weighed by β; nil where it is part of the rewards.
  func klLoss(
    _ logProbabilities: Tensor<Float>, of indices: [Int], on tape: Tape<Float>
  ) -> Tensor<Float>? {
    guard configuration.klPlacement == .loss else { return nil }
    return PPO.klLoss(
      logProbabilities, reference: rollouts.referenceLogProbabilities.joined(indices),
      estimator: configuration.klEstimator, weights: weights(of: indices), on: tape)
  }

  /// The KL penalty of the whole minibatch, not weighed by β; nil where it is part of the rewards.
  func klLoss(_ logProbabilities: [Float]) -> Double? {
    guard configuration.klPlacement == .loss else { return nil }
    let indices = minibatch.rollouts
    let estimates = configuration.klEstimator(
      policy: logProbabilities, reference: rollouts.referenceLogProbabilities.joined(indices))
    return zip(estimates, weights(of: indices)).reduce(0) { $0 + Double($1.0) * Double($1.1) }
  }

  // MARK: The value's loss

  /// A shard's part of the value loss, on the tape, not weighed.
  func valueLoss(
    _ values: Tensor<Float>, of indices: [Int], on tape: Tape<Float>
  ) -> Tensor<Float> {
    clippedValueLoss(
      values, old: rollouts.values.joined(indices), returns: targets.returns.joined(indices),
      clipRange: valueClipRange, count: rollouts.slotCount(minibatch.rollouts), on: tape)
  }

  /// The value loss of the whole minibatch.
  func valueLoss(_ values: [Float]) -> ClippedValueLoss<Float> {
    ClippedValueLoss(
      values: values, old: rollouts.values.joined(minibatch.rollouts),
      returns: targets.returns.joined(minibatch.rollouts), clipRange: valueClipRange)
  }

  private var valueClipRange: Float {
    switch configuration.valueLoss {
    case .clipped: Float(configuration.valueClipRange)
    case .squared: .infinity
    }
  }
}
