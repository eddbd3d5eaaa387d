/// The name under which a training or an evaluation logs a number.
///
/// Logs stay dictionaries of strings, so that their names are TRL's; whoever writes or reads one says which by a constant. A
/// constant stands beside the code that computes its number: here those that several methods log, in each method's own module the
/// rest, and those of evaluations in Evaluation.
package struct MetricKey: RawRepresentable, Hashable, Comparable, Sendable, CustomStringConvertible
{
  /// The name in a log.
  package let rawValue: String

  /// The key of this name.
  package init(rawValue: String) { self.rawValue = rawValue }

  /// The key of this name.
  package init(_ name: String) { self.init(rawValue: name) }

  /// The name in a log.
  package var description: String { rawValue }

  /// Orders keys by their names, as columns of a table are.
  package static func < (one: MetricKey, other: MetricKey) -> Bool { one.rawValue < other.rawValue }
}

extension MetricKey {
  /// The loss of an update's batch before the update; its formula is the method's.
  package static let loss = MetricKey("loss")
  /// Euclidean length of the gradient before clipping; PPO: the policy's, mean over minibatches.
  package static let gradientNorm = MetricKey("grad_norm")
  /// The learning rate of the update.
  package static let learningRate = MetricKey("learning_rate")
  /// Entropy of the next-token distribution in nats, mean over completion tokens of the data.
  package static let entropy = MetricKey("entropy")
  /// The share of completion tokens that are the policy's first choice.
  package static let meanTokenAccuracy = MetricKey("mean_token_accuracy")
  /// Tokens that were learned from so far.
  package static let tokens = MetricKey("num_tokens")
  /// Unbiased |G|² of the loss, McCandlish (2018), appendix A.1.
  package static let gradientPower = MetricKey("noise/gradient_power")
  /// Unbiased tr Σ of the gradient of one example, from the same source.
  package static let covarianceTrace = MetricKey("noise/covariance_trace")
  /// ½·mean over tokens of (log π_new − log π_old)², Schulman (2020), k2; PPO on its rollouts, DPO on its probe.
  package static let approximateKL = MetricKey("policy/approxkl_avg")
  /// The loss on held-out examples, which nothing learns from.
  package static let heldOutLoss = MetricKey("eval/loss")
  /// The share of held-out pairs whose chosen implicit reward is strictly the higher: ties count as wrong.
  package static let heldOutRewardAccuracy = MetricKey("eval/rewards/accuracies")
  /// Chosen less rejected implicit reward β·log π/π₀, mean over held-out pairs.
  package static let heldOutRewardMargin = MetricKey("eval/rewards/margins")
  /// Implicit reward of the chosen completions, mean over held-out pairs.
  package static let heldOutChosenReward = MetricKey("eval/rewards/chosen")
  /// Implicit reward of the rejected completions, mean over held-out pairs.
  package static let heldOutRejectedReward = MetricKey("eval/rewards/rejected")
}

/// Numbers as a log has them: by the names of their keys.
package func named(_ values: [MetricKey: Double]) -> [String: Double] {
  Dictionary(uniqueKeysWithValues: values.map { ($0.key.rawValue, $0.value) })
}

extension [String: Double] {
  /// The number of this key in a log; nil where it was not logged.
  package subscript(key: MetricKey) -> Double? {
    get { self[key.rawValue] }
    set { self[key.rawValue] = newValue }
  }
}
