import Autograd
import LanguageModel
import Optimizers
import TensorKernels
import Tokenization

/// The clipped gradients of one minibatch, and what it showed on the way.
struct PPOUpdate {
  /// Of the policy, and of the value head where it is on the policy's trunk.
  let policyGradient: Gradient<Float>
  /// Nil where no value model is trained, or none of its own.
  let valueGradient: Gradient<Float>?
  let statistics: MinibatchStatistics
}

/// What one minibatch showed, before its update.
struct MinibatchStatistics {
  let policyLoss: ClippedPolicyLoss<Float>
  let entropy: Double
  /// The KL penalty of the loss, β not included; nil where it is part of the rewards.
  let klLoss: Double?
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
    let batch = UpdateBatch(minibatch, rollouts, targets, configuration, baseline.resolution)
    var (policyGradient, seen) = policyStep(batch)
    let lengths = rollouts.sequences(minibatch.rollouts).map(\.tokens.count)
    cost += .training(policy.configuration, sequenceLengths: lengths)
    var valueUpdate: (gradient: Gradient<Float>?, statistics: ValueStatistics)?
    if sharesTrunk {
      let norm = Gradient(values: policyGradient.total.values.suffix(1)).norm
      valueUpdate = (
        nil,
        ValueStatistics(loss: batch.valueLoss(seen.values), gradientNorm: norm, shardLosses: [])
      )
    } else if trainsValue {
      valueUpdate = self.valueUpdate(batch)
      cost += .training(value.configuration, sequenceLengths: lengths)
    }
    let statistics = MinibatchStatistics(
      policyLoss: batch.policyLoss(seen.logProbabilities), entropy: Moments(seen.entropies).mean,
      klLoss: batch.klLoss(seen.logProbabilities),
      gradientNorm: policyGradient.total.clip(
        toNorm: configuration.maximumGradientNorm, workers: workers.count),
      noise: policyGradient.noise, shardLosses: policyGradient.losses,
      value: valueUpdate?.statistics)
    return PPOUpdate(
      policyGradient: policyGradient.total, valueGradient: valueUpdate?.gradient,
      statistics: statistics)
  }

  /// Lets the optimisers follow the gradients.
  mutating func follow(_ update: PPOUpdate, iteration: Int) {
    followPolicy(
      along: update.policyGradient, learningRate: configuration.policySchedule.rate(at: iteration))
    guard let gradient = update.valueGradient else { return }
    valueOptimizer.update(
      &value.parameters, along: gradient,
      learningRate: configuration.valueSchedule.rate(at: iteration))
  }

  /// Takes the buffers of gradients back that nobody follows any more.
  func reuse(_ update: PPOUpdate) {
    workers.reuse(update.policyGradient)
    if let gradient = update.valueGradient { workers.reuse(gradient) }
  }

  /// What the shards of a minibatch showed on the way, shard by shard.
  private struct Seen: Sendable {
    var logProbabilities: [Float] = []
    var entropies: [Float] = []
    var values: [Float] = []

    init(_ tokens: TokenLogProbabilities<Float>) {
      logProbabilities = tokens.logProbabilities.values
      entropies = tokens.entropies
    }

    init(_ shards: [Seen]) {
      logProbabilities = shards.flatMap(\.logProbabilities)
      entropies = shards.flatMap(\.entropies)
      values = shards.flatMap(\.values)
    }
  }

  private func policyStep(_ batch: UpdateBatch) -> (ShardedGradient<Float>, Seen) {
    let minibatch = batch.minibatch
    let (gradient, shards) = shardedGradient(
      of: trainedParameters, shards: minibatch.shards.count, on: workers,
      itemsPerShard: Double(minibatch.rollouts.count) / Double(minibatch.shards.count)
    ) { shard, recorded in
      let (indices, tape) = (minibatch.shards[shard], recorded.tape)
      let sequences = SequenceBatch(batch.rollouts.sequences(indices))
      let reading = read(policy, sequences, recorded, on: tape, temperature: updateTemperature)
      var seen = Seen(reading.tokens)
      var loss = batch.policyLoss(reading.tokens.logProbabilities, of: indices, on: tape)
      if let penalty = batch.klLoss(reading.tokens.logProbabilities, of: indices, on: tape) {
        loss = loss + Float(klCoefficient.value) * penalty
      }
      guard let hidden = reading.hidden else { return (loss, seen) }
      if configuration.entropyWeight > 0 {
        let logits = hidden.rows(sequences.predictionRows)
          .linear(recorded[policy.configuration.headName])
        let entropy = weightedEntropy(
          logits: logits, temperature: Float(updateTemperature), weights: batch.weights(of: indices)
        )
        loss = loss - Float(configuration.entropyWeight) * entropy
      }
      guard sharesTrunk else { return (loss, seen) }
      let values = trunkValues(
        hidden, recorded, rows: batch.rollouts.valueRows(indices, in: sequences))
      seen.values = values.values
      loss =
        loss + Float(configuration.valueWeight)
        * batch.valueLoss(values, of: indices, on: tape)
      return (loss, seen)
    }
    return (gradient, Seen(shards))
  }

  private func valueUpdate(
    _ batch: UpdateBatch
  ) -> (gradient: Gradient<Float>?, statistics: ValueStatistics) {
    var (gradient, readings) = shardedGradient(
      of: value.parameters, shards: batch.minibatch.shards.count, on: workers
    ) { [value, configuration] shard, recorded in
      let indices = batch.minibatch.shards[shard]
      let sequences = SequenceBatch(batch.rollouts.sequences(indices))
      let values = value.values(
        sequences, recorded, on: recorded.tape,
        rows: batch.rollouts.valueRows(indices, in: sequences))
      let loss = batch.valueLoss(values, of: indices, on: recorded.tape)
      return (Float(configuration.valueWeight) * loss, values.values)
    }
    let norm = gradient.total.clip(
      toNorm: configuration.maximumGradientNorm, workers: workers.count)
    return (
      gradient.total,
      ValueStatistics(
        loss: batch.valueLoss(readings.flatMap(\.self)), gradientNorm: norm,
        shardLosses: gradient.losses)
    )
  }
}
