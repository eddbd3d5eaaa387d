/// The mean return of the batch, the completion's own return included.
///
///     bᵢ = (1/n) Σⱼ Rⱼ
///
/// It estimates E_x E_π[R], the policy's value over all prompts. Since a completion's own return is
/// in it, the mean gradient is (n − 1)/n times the true one: shorter, in the same direction.
/// Whitening the advantages (Huang (2024), detail 25) subtracts the same number token by token.
public struct BatchMean: Baseline {
  /// The mean of whatever batch it is asked about.
  public init() {}

  /// The mean for every rollout.
  public func values(of batch: BaselineBatch) -> [Double] {
    let mean = Moments(batch.returns).mean
    return batch.returns.map { _ in mean }
  }
}

extension BaselineKind {
  /// ``BatchMean``.
  public static let batchMean = BaselineKind("batch-mean") { _ in BatchMean() }
}
