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

/// What the losses of one shard, or of all shards of a minibatch, showed on the way.
private struct LossReadings: Sendable {
  var policy: [PolicyLossReading<Float>]
  var entropies: [Float]
  var klEstimates: [Float] = []
  var value: [ValueLossReading<Float>] = []

  init(policy: PolicyLossReading<Float>, entropies: [Float]) {
    (self.policy, self.entropies) = ([policy], entropies)
  }

  init(_ shards: [LossReadings]) {
    policy = shards.flatMap(\.policy)
    entropies = shards.flatMap(\.entropies)
    klEstimates = shards.flatMap(\.klEstimates)
    value = shards.flatMap(\.value)
  }
}

extension PPOTrainer {
  /// The losses of a minibatch of rollouts.
  func loss(
    of minibatch: Minibatch, of rollouts: Rollouts, towards learning: AdvantagesAndReturns<Float>
  ) -> MinibatchLoss {
    MinibatchLoss(of: minibatch, rollouts, learning, configuration, baseline.resolution)
  }

  /// Forward and backward over a minibatch, for the policy and for the value model if there is one.
  mutating func update(for loss: MinibatchLoss) -> PPOUpdate {
    var (gradient, readings) = policyGradient(of: loss)
    let lengths = loss.rollouts.sequences(loss.minibatch.rollouts).map(\.tokens.count)
    cost += .training(policy.configuration, sequenceLengths: lengths)
    var valueUpdate: (gradient: Gradient<Float>?, statistics: ValueStatistics)?
    if sharesTrunk {
      let norm = Gradient(values: gradient.total.values.suffix(1)).norm
      valueUpdate = (
        nil,
        ValueStatistics(
          loss: ValueLossReading(readings.value), gradientNorm: norm, shardLosses: [])
      )
    } else if trainsValue {
      valueUpdate = valueGradient(of: loss)
      cost += .training(value.configuration, sequenceLengths: lengths)
    }
    let policyReading = PolicyLossReading(readings.policy)
    let statistics = MinibatchStatistics(
      policy: policyReading, policyLoss: loss.loggedPolicyLoss(policyReading),
      entropy: Moments(readings.entropies).mean, klLoss: loss.loggedKLLoss(readings.klEstimates),
      gradientNorm: gradient.total.clip(
        toNorm: configuration.maximumGradientNorm, workers: workers.count),
      noise: gradient.noise, shardLosses: gradient.losses, value: valueUpdate?.statistics)
    return PPOUpdate(
      policyGradient: gradient.total, valueGradient: valueUpdate?.gradient,
      statistics: statistics)
  }

  /// The gradient of all losses that the policy's parameters have a part in.
  private func policyGradient(
    of loss: MinibatchLoss
  ) -> (ShardedGradient<Float>, LossReadings) {
    let minibatch = loss.minibatch
    let (gradient, shards) = shardedGradient(
      of: trainedParameters, shards: minibatch.shards.count, on: workers,
      itemsPerShard: Double(minibatch.rollouts.count) / Double(minibatch.shards.count)
    ) { shard, recorded in
      policyLoss(loss, of: minibatch.shards[shard], recorded)
    }
    return (gradient, LossReadings(shards))
  }

  /// A shard's part of the loss: clipped surrogate + β·KL − entropy bonus + value loss on the trunk.
  private func policyLoss(
    _ loss: MinibatchLoss, of indices: [Int], _ recorded: RecordedParameters<Float>
  ) -> (loss: Tensor<Float>, reading: LossReadings) {
    let (tape, temperature) = (
      recorded.tape, parts.updateTemperature(configuration.temperature)
    )
    let sequences = SequenceBatch(loss.rollouts.sequences(indices))
    let (tokens, hidden) = read(policy, sequences, recorded, on: tape, temperature: temperature)
    let surrogate = loss.policyLoss(tokens.logProbabilities, of: indices, on: tape)
    var total = surrogate.loss
    var reading = LossReadings(policy: surrogate.reading, entropies: tokens.entropies)
    if let penalty = loss.klLoss(tokens.logProbabilities, of: indices, on: tape) {
      total = total + Float(klCoefficient.value) * penalty.loss
      reading.klEstimates = penalty.estimates
    }
    guard let hidden else { return (total, reading) }
    if configuration.entropyWeight > 0 {
      let logits = hidden.rows(sequences.predictionRows)
        .linear(recorded[policy.configuration.headName])
      let entropy = weightedEntropy(
        logits: logits, temperature: Float(temperature), weights: loss.weights(of: indices))
      total = total - Float(configuration.entropyWeight) * entropy
    }
    guard sharesTrunk else { return (total, reading) }
    let values = trunkValues(
      hidden, recorded, rows: loss.rollouts.valueRows(indices, in: sequences))
    let errors = loss.valueLoss(values, of: indices, on: tape)
    reading.value = [errors.reading]
    return (total + Float(configuration.valueWeight) * errors.loss, reading)
  }

  /// The clipped gradient of a value model of its own.
  private func valueGradient(
    of loss: MinibatchLoss
  ) -> (gradient: Gradient<Float>?, statistics: ValueStatistics) {
    var (gradient, readings) = shardedGradient(
      of: value.parameters, shards: loss.minibatch.shards.count, on: workers
    ) { [value, configuration] shard, recorded in
      let indices = loss.minibatch.shards[shard]
      let sequences = SequenceBatch(loss.rollouts.sequences(indices))
      let values = value.values(
        sequences, recorded, on: recorded.tape,
        rows: loss.rollouts.valueRows(indices, in: sequences))
      let errors = loss.valueLoss(values, of: indices, on: recorded.tape)
      return (Float(configuration.valueWeight) * errors.loss, errors.reading)
    }
    let norm = gradient.total.clip(
      toNorm: configuration.maximumGradientNorm, workers: workers.count)
    return (
      gradient.total,
      ValueStatistics(
        loss: ValueLossReading(readings), gradientNorm: norm, shardLosses: gradient.losses)
    )
  }

  // MARK: The step

  /// Lets the optimisers take a step along the gradients.
  mutating func apply(_ update: PPOUpdate, iteration: Int) {
    applyToPolicy(
      update.policyGradient, learningRate: configuration.policySchedule.rate(at: iteration))
    guard let gradient = update.valueGradient else { return }
    valueOptimizer.update(
      &value.parameters, along: gradient,
      learningRate: configuration.valueSchedule.rate(at: iteration))
  }

  /// Takes the buffers of gradients back that nobody reads any more.
  func recycleBuffers(of update: PPOUpdate) {
    workers.recycleBuffers(of: update.policyGradient)
    if let gradient = update.valueGradient { workers.recycleBuffers(of: gradient) }
  }
}

// MARK: Guards

extension PPOConfiguration {
  /// Whether a minibatch shows that the policy has moved further than `target_kl` allows.
  func exceedsTargetKL(_ minibatch: MinibatchStatistics) -> Bool {
    guard let targetKL else { return false }
    return Double(minibatch.policy.approximateKL) > targetKL
  }

  /// Whether a minibatch's mean ratio is beyond `ratio_threshold`.
  func isRatioSpike(_ minibatch: MinibatchStatistics) -> Bool {
    guard let ratioThreshold else { return false }
    return minibatch.meanRatio > ratioThreshold
  }
}
