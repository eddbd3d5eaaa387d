public import LanguageModel
public import Optimizers

/// What one update of supervised fine-tuning showed, measured before the update.
public struct SFTMetrics: Codable, Sendable {
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
  /// The two unbiased parts of the gradient noise scale, from the shards of the batch.
  public var noise: GradientNoise
  /// What all updates so far have cost.
  public var cost: Cost

  /// The values under the names of TRL's logs, and ours in the same style.
  public var logged: [String: Double] {
    [
      "loss": loss, "mean_token_accuracy": meanTokenAccuracy, "entropy": entropy,
      "grad_norm": gradientNorm, "learning_rate": learningRate,
      "num_tokens": Double(cost.tokensBackward),
      "noise/gradient_power": noise.gradientPower, "noise/covariance_trace": noise.covarianceTrace,
    ]
  }
}
