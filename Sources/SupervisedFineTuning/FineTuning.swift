import Autograd
public import Datasets
import Foundation
public import LanguageModel
public import Optimizers
public import TensorKernels
public import Tokenization
public import Training

/// Fits a model to demonstrations by maximum likelihood of their completions.
///
///     L = −Σ log π(yₜ | x, y₍<ₜ₎) ÷ (batch size · mean completion length of all demonstrations)
///
/// The divisor is the number of tokens that a batch is expected to hold. Dividing by the tokens
/// that it does hold would weigh the tokens of short texts more and bias the model towards them.
///
/// ```swift
/// var model = Transformer<Float>(configuration: size, using: &generator)
/// var settings = SFTConfiguration()
/// settings.maximumSteps = 200
/// let outcome = fineTune(&model, on: demonstrations, configuration: settings, seed: Seed(1)) {
///   step, _, metrics in
///   if step.isMultiple(of: 50) { print(step, metrics.loss) }
/// }
/// ```
///
/// - Parameters:
///   - model: The model to train; after a divergence, as it was before the update that failed.
///   - demonstrations: Prompts with the completions to imitate, each at least one token.
///   - configuration: How to train.
///   - seed: Names the order of the demonstrations.
///   - workers: Threads that share the shards of a batch; the result does not depend on them.
///   - observe: Called with step 0 before the first update and after each one, with the model as
///     it is then and the metrics of the batch before the update.
/// - Returns: Whether every update was made; `.diverged(step: k)` where the k-th could not be.
public func fineTune(
  _ model: inout Transformer<Float>, on demonstrations: [TokenSequence],
  configuration: SFTConfiguration, seed: Seed, workers: Int = 1,
  observe: (Int, borrowing Transformer<Float>, SFTMetrics) throws -> Void
) rethrows -> TrainingOutcome {
  let order = BatchOrder(
    count: demonstrations.count, batchSize: configuration.batchSize, seed: seed,
    purpose: "sft.batches")
  let workers = ShardWorkers<Float>(count: workers)
  var learner = DemonstrationLearner(
    demonstrations, batchSize: order.batchSize, shards: configuration.gradientShards,
    workers: workers)
  var loop = TrainingLoop(configuration, updates: configuration.maximumSteps, workers: workers)
  return try loop.run(
    &model, learner: &learner, order: order, updates: configuration.maximumSteps, observe: observe)
}

/// Everything that the gradient of the likelihood needs beside the model.
private struct DemonstrationLearner: Learner {
  private let demonstrations: [TokenSequence]
  private let expectedTokens: Double
  private let shards: Int
  private let workers: ShardWorkers<Float>
  private(set) var cost = Cost()

  init(
    _ demonstrations: [TokenSequence], batchSize: Int, shards: Int, workers: ShardWorkers<Float>
  ) {
    (self.demonstrations, self.shards, self.workers) = (demonstrations, shards, workers)
    expectedTokens = Double(batchSize) * meanCompletionLength(demonstrations)
  }

  var count: Int { demonstrations.count }

  mutating func gradient(
    of model: Transformer<Float>, batch: [Int]
  ) -> (gradient: Gradient<Float>, metrics: SFTMetrics) {
    let parts = consecutiveParts(of: batch.map { demonstrations[$0] }, count: shards)
    let (result, readings) = shardedGradient(
      of: model.parameters, shards: parts.count, on: workers,
      itemsPerShard: Double(batch.count) / Double(parts.count)
    ) { [expectedTokens] shard, parameters in
      let read = model.tokenLogProbabilities(
        SequenceBatch(parts[shard]), parameters, on: parameters.tape)
      return (
        Float(-1 / expectedTokens) * read.logProbabilities.sum(),
        (hits: read.arePredicted.count { $0 }, entropies: read.entropies)
      )
    }
    let hits = readings.reduce(0) { $0 + $1.hits }
    let entropies = readings.flatMap(\.entropies)
    let (entropy, tokens) = (entropies.reduce(0) { $0 + Double($1) }, entropies.count)
    cost += .training(model.configuration, sequenceLengths: parts.joined().map(\.tokens.count))
    let metrics = SFTMetrics(
      loss: result.losses.reduce(0) { $0 + Double($1) },
      meanTokenAccuracy: Double(hits) / Double(tokens), entropy: entropy / Double(tokens),
      gradientNorm: 0, learningRate: 0, noise: result.noise, cost: Cost())
    return (result.total, metrics)
  }
}

/// Completion tokens of a demonstration, in the mean.
func meanCompletionLength(_ demonstrations: [TokenSequence]) -> Double {
  let tokens = demonstrations.reduce(0) { $0 + $1.completion.count }
  precondition(tokens > 0, "\(demonstrations.count) demonstrations without a completion token")
  return Double(tokens) / Double(demonstrations.count)
}

/// What one update of supervised fine-tuning showed, measured before the update.
public struct SFTMetrics: TrainingMetrics, Codable {
  /// −Σ log π of the batch's completion tokens ÷ the tokens expected in a batch.
  ///
  /// In expectation the cross-entropy in nats a token over all demonstrations; the divisor is a
  /// constant, so a batch of short texts weighs no more than its tokens.
  public var loss: Double
  /// The share of completion tokens that are the policy's first choice.
  public var meanTokenAccuracy: Double
  /// Entropy of the policy's next-token distribution in nats, mean over the completion tokens.
  public var entropy: Double
  /// Euclidean length of the gradient before clipping.
  public var gradientNorm: Double
  /// The learning rate of the update; 0 in the row of step 0.
  public var learningRate: Double
  /// The two parts of the gradient noise scale, from the shards of the batch; of the training set's
  /// loss once data are used again.
  public var noise: GradientNoise
  /// What all updates so far have cost.
  public var cost: Cost

  /// The values under the names of TRL's logs, and ours in the same style.
  public var logged: [String: Double] {
    named([
      .loss: loss, .meanTokenAccuracy: meanTokenAccuracy, .entropy: entropy,
      .gradientNorm: gradientNorm, .learningRate: learningRate,
      .tokens: Double(cost.tokensBackward), .gradientPower: noise.gradientPower,
      .covarianceTrace: noise.covarianceTrace,
    ])
  }
}

/// How likely a model finds completions that it was not trained on.
public struct HeldOutLikelihood: Codable, Equatable, Sendable {
  /// Completion tokens that were read.
  public var tokens: Int
  /// −log π of a completion token in nats, mean over all tokens.
  public var loss: Double
  /// exp(loss): from how many equally likely tokens the model seems to choose.
  public var perplexity: Double

  /// The values under the names that TRL gives to held-out metrics.
  public var logged: [String: Double] {
    named([.heldOutLoss: loss, .perplexity: perplexity])
  }
}

extension MetricKey {
  /// exp of the held-out loss in nats a token.
  package static let perplexity = MetricKey("eval/perplexity")
}

/// Reads the model on held-out demonstrations, without learning from them.
public func heldOutLikelihood(
  of model: Transformer<Float>, on demonstrations: [TokenSequence]
) -> HeldOutLikelihood {
  let logProbabilities = model.logProbabilities(of: demonstrations).joined()
  let tokens = logProbabilities.count
  precondition(tokens > 0, "\(demonstrations.count) demonstrations without a completion token")
  let loss = -logProbabilities.reduce(0) { $0 + Double($1) } / Double(tokens)
  return HeldOutLikelihood(tokens: tokens, loss: loss, perplexity: exp(loss))
}
