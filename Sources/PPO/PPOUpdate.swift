import Autograd
import LanguageModel
import Optimizers
import Tokenization

/// The clipped gradients of one minibatch for both models, and what it showed on the way.
struct PPOUpdate {
  let policyGradient: Gradient<Float>
  let valueGradient: Gradient<Float>
  let statistics: MinibatchStatistics
}

/// What one minibatch showed, before its update.
struct MinibatchStatistics {
  let policyLoss: ClippedPolicyLoss<Float>
  let valueLoss: ClippedValueLoss<Float>
  let entropy: Double
  /// Norms before clipping.
  let gradientNorm: Double
  let valueGradientNorm: Double
  let noise: GradientNoise

  /// The losses as the tape had them, policy and value of every shard.
  let shardLosses: [Float]

  /// Whether the losses and gradients are numbers at all; if not, the run has diverged.
  var isFinite: Bool {
    shardLosses.allSatisfy(\.isFinite) && gradientNorm.isFinite && valueGradientNorm.isFinite
  }

  var meanRatio: Double { Moments(policyLoss.ratios).mean }
}

extension PPOTrainer {
  /// Forward and backward over a minibatch, for both losses.
  mutating func update(
    on minibatch: Minibatch, of rollouts: Rollouts, towards targets: PPOTargets<Float>
  ) -> PPOUpdate {
    var (policyGradient, policyLoss, entropy) = policyStep(minibatch, rollouts, targets)
    var (valueGradient, valueLoss) = valueStep(minibatch, rollouts, targets)
    let lengths = rollouts.sequences(minibatch.rollouts).map(\.tokens.count)
    cost += .training(policy.configuration, sequenceLengths: lengths)
    cost += .training(value.configuration, sequenceLengths: lengths)
    let longest = configuration.maximumGradientNorm
    let statistics = MinibatchStatistics(
      policyLoss: policyLoss, valueLoss: valueLoss, entropy: entropy,
      gradientNorm: policyGradient.total.clip(toNorm: longest),
      valueGradientNorm: valueGradient.total.clip(toNorm: longest), noise: policyGradient.noise,
      shardLosses: policyGradient.losses + valueGradient.losses)
    return PPOUpdate(
      policyGradient: policyGradient.total, valueGradient: valueGradient.total,
      statistics: statistics)
  }

  /// Lets both optimisers follow the gradients.
  mutating func follow(_ update: PPOUpdate, iteration: Int) {
    policyOptimizer.update(
      &policy.parameters, along: update.policyGradient,
      learningRate: configuration.policySchedule.rate(at: iteration))
    valueOptimizer.update(
      &value.parameters, along: update.valueGradient,
      learningRate: configuration.valueSchedule.rate(at: iteration))
  }

  private func policyStep(
    _ minibatch: Minibatch, _ rollouts: Rollouts, _ targets: PPOTargets<Float>
  ) -> (ShardedGradient<Float>, ClippedPolicyLoss<Float>, Double) {
    let count = rollouts.tokenCount(minibatch.rollouts)
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
        advantages: targets.whitenedAdvantages.joined(indices),
        clipRange: Float(configuration.clipRange), count: count, on: tape)
    }
    let loss = ClippedPolicyLoss(
      logProbabilities: logProbabilities, old: rollouts.logProbabilities.joined(minibatch.rollouts),
      advantages: targets.whitenedAdvantages.joined(minibatch.rollouts),
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
