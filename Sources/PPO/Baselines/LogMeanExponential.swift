import TensorKernels

/// The soft value as K completions of the reference estimate it.
///
///     b = β·log (1/K) Σₖ exp(r(yₖ)/β)        yₖ ~ π₀(·|x), apart from y
///
/// An estimate of β·log Z that is biased downwards, by Jensen's inequality: its mean rises with K
/// from E_π₀[r] at K = 1 to β·log Z, as the bound of Burda (2016), theorem 1 does. The gradient is
/// unbiased at every K, for b does not depend on y.
public struct LogMeanExponential: Baseline {
  /// The number of completions K.
  public let referenceSamples: Int

  /// The estimate from K completions, at least one.
  public init(samples: Int) {
    precondition(samples > 0, "no mean of \(samples) completions")
    referenceSamples = samples
  }

  /// The estimate of each rollout from its own reference completions.
  public func values(of batch: BaselineBatch) -> [Double] {
    batch.referenceRewards.map { logMeanExponential($0, beta: batch.klPenalty) }
  }
}

/// β·log of the mean of exp(r/β), without overflow.
func logMeanExponential(_ rewards: [Double], beta: Double) -> Double {
  let largest = rewards.max() ?? 0
  let sum = rewards.reduce(0) { $0 + .exponential(($1 - largest) / beta) }
  return largest + beta * .logarithm(sum / Double(rewards.count))
}

extension BaselineKind {
  /// ``LogMeanExponential``, of `baseline_samples` completions.
  public static let logMeanExponential = BaselineKind(
    "log-mean-exp", needs: [.plainScores, .penalizedReward]
  ) { LogMeanExponential(samples: $0.baselineSamples) }
}
