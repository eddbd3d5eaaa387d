/// The mean return of the prompt's completions, the own one included: GRPO's, Shao (2024).
///
///     bᵢ = (1/k) Σⱼ Rⱼ        Rᵢ − bᵢ = (k − 1)/k·(Rᵢ − mean of the others)
///
/// Since a completion's own return is in it, the mean gradient is (k − 1)/k times the true one:
/// ``LeaveOneOut`` times a constant. Only the division by the group's deviation makes GRPO another
/// direction.
public struct GroupMean: Baseline {
  /// The baseline; with one completion for each prompt no advantage is left.
  public init() {}

  /// The mean of each rollout's group.
  public func values(of batch: BaselineBatch) -> [Double] {
    batch.groups.flatMap { group in
      let mean = Moments(Array(batch.returns[group])).mean
      return group.map { _ in mean }
    }
  }
}

extension BaselineKind {
  /// ``GroupMean``, which needs others of the prompt.
  public static let groupMean = BaselineKind("group-mean", needs: .groups) { _ in GroupMean() }
}
