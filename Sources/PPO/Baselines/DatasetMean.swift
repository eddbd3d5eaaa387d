/// The mean reward of a data set's completions: one constant for all prompts and iterations.
///
///     b = mean r(y)        y in the data set
///
/// It estimates E_x E_π₀[r], what the reference earns on average. Subtracting it from the reward is
/// how Ziegler (2019), Stiennon (2020) and Ouyang (2022) centre a reward model; detail 15 of
/// Huang (2024). The gradient is unbiased; differences between prompts stay in the returns.
public struct DatasetMean: Baseline {
  /// The mean reward.
  public let mean: Double

  /// The mean of the rewards of the data set's completions, at least one.
  public init(of rewards: [Double]) {
    precondition(!rewards.isEmpty, "a data set without completions has no mean reward")
    mean = Moments(rewards).mean
  }

  /// The constant for every rollout.
  public func values(of batch: BaselineBatch) -> [Double] { batch.returns.map { _ in mean } }
}

extension BaselineKind {
  /// ``DatasetMean``, of the rewards of a data set.
  public static let datasetMean = BaselineKind("dataset-mean", needs: .plainScores)
}
