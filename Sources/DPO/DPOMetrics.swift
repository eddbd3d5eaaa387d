import Autograd
public import LanguageModel
public import Optimizers
import TensorKernels
public import Training

/// What one update of DPO showed, measured on its batch before the update.
///
/// Implicit rewards are β·log π/π₀ whatever the loss (TRL 1.16.0, `rewards/*`).
public struct DPOMetrics: TrainingMetrics, Codable {
  /// Mean loss over the pairs of the batch; log 2 for DPO at step 0.
  public var loss: Double
  /// Implicit reward of the chosen completions, mean over the pairs.
  public var chosenReward: Double
  /// Implicit reward of the rejected completions, mean over the pairs.
  public var rejectedReward: Double
  /// Chosen less rejected implicit reward, mean over the pairs.
  public var rewardMargin: Double
  /// The share of pairs whose chosen implicit reward is strictly the higher: ties count as wrong.
  ///
  /// Hence 0 at step 0, where every pair is a tie.
  public var rewardAccuracy: Double
  /// log π(y⁺|x), summed over tokens, mean over the pairs.
  ///
  /// It may fall while the margin grows: likelihood displacement.
  public var chosenLogProbability: Double
  /// log π(y⁻|x), summed over tokens, mean over the pairs.
  public var rejectedLogProbability: Double
  /// Mean logit of the vocabulary, mean over the tokens of chosen completions.
  public var chosenLogits: Double
  /// Mean logit of the vocabulary, mean over the tokens of rejected completions.
  public var rejectedLogits: Double
  /// Entropy of the policy's next-token distribution in nats, mean over all completion tokens.
  public var entropy: Double
  /// The share of chosen tokens that are the policy's first choice.
  public var meanTokenAccuracy: Double
  /// ½·mean over the tokens of the probe of (log π_new − log π_old)²; 0 in the row of step 0.
  ///
  /// The estimator of PPO's `approxkl` (Schulman (2020), k2), but on a fixed probe of training
  /// pairs, not on samples of the policy: it measures the size of an update, not a KL exactly.
  public var approximateKL: Double
  /// Euclidean length of the gradient before clipping.
  public var gradientNorm: Double
  /// The learning rate of the update; 0 in the row of step 0.
  public var learningRate: Double
  /// The two parts of the gradient noise scale, from the shards of the batch; of the training set's
  /// loss once data are used again.
  public var noise: GradientNoise
  /// What all updates so far have cost, the reference's forward passes included.
  ///
  /// A pair is one label however often it is seen; the probe is measurement and costs nothing.
  public var cost: Cost

  /// The values under the names of TRL's logs, and ours in the same style.
  public var logged: [String: Double] {
    named([
      .loss: loss, .gradientNorm: gradientNorm, .learningRate: learningRate, .entropy: entropy,
      .meanTokenAccuracy: meanTokenAccuracy, .tokens: Double(cost.tokensBackward),
      .chosenReward: chosenReward, .rejectedReward: rejectedReward, .rewardMargin: rewardMargin,
      .rewardAccuracy: rewardAccuracy, .chosenLogProbability: chosenLogProbability,
      .rejectedLogProbability: rejectedLogProbability, .chosenLogits: chosenLogits,
      .rejectedLogits: rejectedLogits, .approximateKL: approximateKL,
      .gradientPower: noise.gradientPower, .covarianceTrace: noise.covarianceTrace,
    ])
  }
}

extension MetricKey {
  /// Implicit reward β·log π/π₀ of the chosen completions, mean over the batch.
  package static let chosenReward = MetricKey("rewards/chosen")
  /// Implicit reward of the rejected completions, mean over the batch.
  package static let rejectedReward = MetricKey("rewards/rejected")
  /// Chosen less rejected implicit reward, mean over the batch.
  package static let rewardMargin = MetricKey("rewards/margins")
  /// The share of the batch's pairs whose chosen implicit reward is strictly the higher: ties count as wrong.
  package static let rewardAccuracy = MetricKey("rewards/accuracies")
  /// log π(y⁺|x), summed over tokens, mean over the batch.
  package static let chosenLogProbability = MetricKey("logps/chosen")
  /// log π(y⁻|x), summed over tokens, mean over the batch.
  package static let rejectedLogProbability = MetricKey("logps/rejected")
  /// Mean logit of the vocabulary, mean over the tokens of chosen completions.
  package static let chosenLogits = MetricKey("logits/chosen")
  /// Mean logit of the vocabulary, mean over the tokens of rejected completions.
  package static let rejectedLogits = MetricKey("logits/rejected")
}

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
