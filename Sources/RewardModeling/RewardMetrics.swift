public import LanguageModel
public import Optimizers
import TensorKernels

/// What one update of the reward model showed, measured on its batch before the update.
public struct RewardMetrics: Codable, Sendable {
  /// Mean loss over the pairs of the batch; log 2 at step 0, where the head is zero.
  public var loss: Double
  /// The share of pairs whose chosen completion scores strictly higher: ties count as wrong.
  public var accuracy: Double
  /// Score of the chosen less that of the rejected completion, mean over the pairs.
  public var margin: Double
  /// The lowest score in the batch, before the model is centred.
  public var minimumReward: Double
  /// The mean score in the batch, before the model is centred.
  public var meanReward: Double
  /// The highest score in the batch, before the model is centred.
  public var maximumReward: Double
  /// Euclidean length of the gradient before clipping.
  public var gradientNorm: Double
  /// The learning rate of the update; 0 in the row of step 0.
  public var learningRate: Double
  /// The two unbiased parts of the gradient noise scale, from the shards of the batch.
  public var noise: GradientNoise
  /// What all updates so far have cost; a pair is one label however often it is seen.
  public var cost: Cost

  /// The values under the names of TRL's logs, and ours in the same style.
  public var logged: [String: Double] {
    [
      "loss": loss, "accuracy": accuracy, "margin": margin, "min_reward": minimumReward,
      "mean_reward": meanReward, "max_reward": maximumReward, "grad_norm": gradientNorm,
      "learning_rate": learningRate, "num_tokens": Double(cost.tokensBackward),
      "noise/gradient_power": noise.gradientPower, "noise/covariance_trace": noise.covarianceTrace,
    ]
  }

  /// The metrics of one batch of scores; what the update adds is zero until it is set.
  init(
    losses: [Double], chosen: [Double], rejected: [Double], noise: GradientNoise
  ) {
    let margins = zip(chosen, rejected).map { $0 - $1 }
    loss = mean(of: losses)
    accuracy = mean(of: margins.map { $0 > 0 ? 1 : 0 })
    margin = mean(of: margins)
    minimumReward = min(chosen.min() ?? 0, rejected.min() ?? 0)
    meanReward = mean(of: chosen + rejected)
    maximumReward = max(chosen.max() ?? 0, rejected.max() ?? 0)
    gradientNorm = 0
    learningRate = 0
    self.noise = noise
    cost = Cost()
  }
}
