import Autograd
import LanguageModel
import Optimizers
import TensorKernels

/// What the forward passes of one batch showed, gathered shard by shard.
struct BatchReadings: Sendable {
  private var losses: [Double] = []
  private var chosenLogProbabilities: [Double] = []
  private var rejectedLogProbabilities: [Double] = []
  private var chosenLogRatios: [Double] = []
  private var rejectedLogRatios: [Double] = []
  private var entropies: [Double] = []
  private var chosenLogits: [Double] = []
  private var rejectedLogits: [Double] = []
  private var chosenHits: [Double] = []
  /// Tokens of each sequence that was read, for the cost.
  private(set) var sequenceLengths: [Int] = []

  /// Adds what another shard showed.
  mutating func append(_ other: BatchReadings) {
    losses += other.losses
    chosenLogProbabilities += other.chosenLogProbabilities
    rejectedLogProbabilities += other.rejectedLogProbabilities
    chosenLogRatios += other.chosenLogRatios
    rejectedLogRatios += other.rejectedLogRatios
    entropies += other.entropies
    chosenLogits += other.chosenLogits
    rejectedLogits += other.rejectedLogits
    chosenHits += other.chosenHits
    sequenceLengths += other.sequenceLengths
  }

  mutating func append(losses: [Float]) { self.losses += losses.map(Double.init) }

  mutating func append(
    _ pairs: PairLogProbabilities<Float>, tokens: TokenLogProbabilities<Float>, batch: PairBatch
  ) {
    append(pairs)
    entropies += tokens.entropies.map(Double.init)
    let border = batch.chosenTokens.upperBound
    chosenLogits += tokens.meanLogits[..<border].map(Double.init)
    rejectedLogits += tokens.meanLogits[border...].map(Double.init)
    chosenHits += tokens.arePredicted[..<border].map { $0 ? 1 : 0 }
    sequenceLengths += batch.sequences.sequenceLengths
  }

  /// The same of a shard of rankings, whose `pairs` are the first and the last places.
  mutating func append(
    _ pairs: PairLogProbabilities<Float>, tokens: TokenLogProbabilities<Float>,
    shard: RankingShard
  ) {
    append(pairs)
    entropies += tokens.entropies.map(Double.init)
    let segments = shard.sequences.completions
    for row in shard.first.flatMap({ segments[$0] }) {
      chosenLogits.append(Double(tokens.meanLogits[row]))
      chosenHits.append(tokens.arePredicted[row] ? 1 : 0)
    }
    rejectedLogits += shard.last.flatMap { segments[$0] }.map { Double(tokens.meanLogits[$0]) }
    sequenceLengths += shard.sequences.sequenceLengths
  }

  private mutating func append(_ pairs: PairLogProbabilities<Float>) {
    chosenLogProbabilities += pairs.policyChosen.values.map(Double.init)
    rejectedLogProbabilities += pairs.policyRejected.values.map(Double.init)
    chosenLogRatios += pairs.chosenLogRatio.values.map(Double.init)
    rejectedLogRatios += pairs.rejectedLogRatio.values.map(Double.init)
  }

  /// The metrics of the batch; those of the update are zero until they are set.
  func metrics(beta: Double, noise: GradientNoise) -> DPOMetrics {
    let margins = zip(chosenLogRatios, rejectedLogRatios).map { $0 - $1 }
    return DPOMetrics(
      loss: mean(of: losses),
      chosenReward: beta * mean(of: chosenLogRatios),
      rejectedReward: beta * mean(of: rejectedLogRatios),
      rewardMargin: beta * mean(of: margins),
      rewardAccuracy: mean(of: margins.map { $0 > 0 ? 1 : 0 }),
      chosenLogProbability: mean(of: chosenLogProbabilities),
      rejectedLogProbability: mean(of: rejectedLogProbabilities),
      chosenLogits: mean(of: chosenLogits), rejectedLogits: mean(of: rejectedLogits),
      entropy: mean(of: entropies), meanTokenAccuracy: mean(of: chosenHits), approximateKL: 0,
      gradientNorm: 0, learningRate: 0, noise: noise, cost: Cost())
  }
}
