import Autograd
import LanguageModel
import Optimizers
import Tokenization

/// The clipped gradients of one minibatch, and what it showed on the way.
struct PPOUpdate {
  let policyGradient: Gradient<Float>
  /// Nil where no value model is trained.
  let valueGradient: Gradient<Float>?
  let statistics: MinibatchStatistics
}

/// What one minibatch showed, before its update.
struct MinibatchStatistics {
  let policyLoss: ClippedPolicyLoss<Float>
  let entropy: Double
  /// The norm before clipping.
  let gradientNorm: Double
  let noise: GradientNoise
  /// The losses as the tape had them, of every shard.
  let shardLosses: [Float]
  /// Nil where no value model is trained.
  let value: ValueStatistics?

  /// Whether the losses and gradients are numbers at all; if not, the run has diverged.
  var isFinite: Bool {
    shardLosses.allSatisfy(\.isFinite) && gradientNorm.isFinite && value?.isFinite ?? true
  }

  var meanRatio: Double { Moments(policyLoss.ratios).mean }
}

/// What one minibatch showed of the value model, before its update.
struct ValueStatistics {
  let loss: ClippedValueLoss<Float>
  /// The norm before clipping.
  let gradientNorm: Double
  let shardLosses: [Float]

  var isFinite: Bool { shardLosses.allSatisfy(\.isFinite) && gradientNorm.isFinite }
}

extension PPOTrainer {
  /// Forward and backward over a minibatch, for the policy and for the value model if there is one.
  mutating func update(
    on minibatch: Minibatch, of rollouts: Rollouts, towards targets: PPOTargets<Float>
  ) -> PPOUpdate {
    var (policyGradient, policyLoss, entropy) = policyStep(minibatch, rollouts, targets)
    let lengths = rollouts.sequences(minibatch.rollouts).map(\.tokens.count)
    cost += .training(policy.configuration, sequenceLengths: lengths)
    let valueUpdate = trainsValue ? valueUpdate(minibatch, rollouts, targets) : nil
    if valueUpdate != nil { cost += .training(value.configuration, sequenceLengths: lengths) }
    let statistics = MinibatchStatistics(
      policyLoss: policyLoss, entropy: entropy,
      gradientNorm: policyGradient.total.clip(toNorm: configuration.maximumGradientNorm),
      noise: policyGradient.noise, shardLosses: policyGradient.losses,
      value: valueUpdate?.statistics)
    return PPOUpdate(
      policyGradient: policyGradient.total, valueGradient: valueUpdate?.gradient,
      statistics: statistics)
  }

  /// Lets the optimisers follow the gradients.
  mutating func follow(_ update: PPOUpdate, iteration: Int) {
    policyOptimizer.update(
      &policy.parameters, along: update.policyGradient,
      learningRate: configuration.policySchedule.rate(at: iteration))
    guard let gradient = update.valueGradient else { return }
    valueOptimizer.update(
      &value.parameters, along: gradient,
      learningRate: configuration.valueSchedule.rate(at: iteration))
  }

  /// What the policy's loss is divided by: tokens, or completions where they are weighed whole.
  ///
  /// The number of tokens depends on the completions; divided by it, (R − b)·∇log π is biased.
  private func policyLossCount(_ minibatch: Minibatch, _ rollouts: Rollouts) -> Int {
    switch baseline.resolution {
    case .token: rollouts.tokenCount(minibatch.rollouts)
    case .completion: minibatch.rollouts.count
    }
  }

  private func valueUpdate(
    _ minibatch: Minibatch, _ rollouts: Rollouts, _ targets: PPOTargets<Float>
  ) -> (gradient: Gradient<Float>, statistics: ValueStatistics) {
    var (gradient, loss) = valueStep(minibatch, rollouts, targets)
    let norm = gradient.total.clip(toNorm: configuration.maximumGradientNorm)
    return (
      gradient.total,
      ValueStatistics(loss: loss, gradientNorm: norm, shardLosses: gradient.losses)
    )
  }

  private func policyStep(
    _ minibatch: Minibatch, _ rollouts: Rollouts, _ targets: PPOTargets<Float>
  ) -> (ShardedGradient<Float>, ClippedPolicyLoss<Float>, Double) {
    let count = policyLossCount(minibatch, rollouts)
    var (logProbabilities, entropies): ([Float], [Float]) = ([], [])
    let gradient = shardedGradient(
      of: policy.parameters, shards: minibatch.shards.count, on: tape,
      itemsPerShard: Double(minibatch.rollouts.count) / Double(minibatch.shards.count)
    ) { shard, recorded in
      let indices = minibatch.shards[shard]
      let tokens = policy.tokenLogProbabilities(
        SequenceBatch(rollouts.sequences(indices)), recorded, on: tape,
        temperature: Float(configuration.temperature))
      logProbabilities += tokens.logProbabilities.values
      entropies += tokens.entropies
      return clippedPolicyLoss(
        tokens.logProbabilities, old: rollouts.logProbabilities.joined(indices),
        advantages: targets.policyAdvantages.joined(indices),
        clipRange: Float(configuration.clipRange), count: count, on: tape)
    }
    let loss = ClippedPolicyLoss(
      logProbabilities: logProbabilities, old: rollouts.logProbabilities.joined(minibatch.rollouts),
      advantages: targets.policyAdvantages.joined(minibatch.rollouts),
      clipRange: Float(configuration.clipRange))
    return (gradient, loss, Moments(entropies).mean)
  }

  private func valueStep(
    _ minibatch: Minibatch, _ rollouts: Rollouts, _ targets: PPOTargets<Float>
  ) -> (ShardedGradient<Float>, ClippedValueLoss<Float>) {
    let count = rollouts.slotCount(minibatch.rollouts)
    let clipRange = Float(configuration.valueClipRange)
    var allValues: [Float] = []
    let gradient = shardedGradient(
      of: value.parameters, shards: minibatch.shards.count, on: tape
    ) { shard, recorded in
      let indices = minibatch.shards[shard]
      let batch = SequenceBatch(rollouts.sequences(indices))
      let values = value.values(
        batch, recorded, on: tape, rows: rollouts.valueRows(indices, in: batch))
      allValues += values.values
      let loss = clippedValueLoss(
        values, old: rollouts.values.joined(indices), returns: targets.returns.joined(indices),
        clipRange: clipRange, count: count, on: tape)
      return Float(configuration.valueWeight) * loss
    }
    let loss = ClippedValueLoss(
      values: allValues, old: rollouts.values.joined(minibatch.rollouts),
      returns: targets.returns.joined(minibatch.rollouts), clipRange: clipRange)
    return (gradient, loss)
  }
}
