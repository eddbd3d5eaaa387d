/// The mean return of the prompt's other completions (RLOO), Kool (2019) and Ahmadian (2024).
///
///     bᵢ = 1/(k − 1)·Σ_{j ≠ i} Rⱼ        Rᵢ − bᵢ = k/(k − 1)·(Rᵢ − mean R)
///
/// It estimates the policy's value E_π[R] at the prompt without bias, and the gradient is unbiased
/// too, for the others are drawn apart from y. At the optimum all returns of a prompt are equal and
/// the advantages vanish, though nothing was computed but returns.
public struct LeaveOneOut: Baseline {
  /// The baseline; it needs two or more completions for each prompt.
  public init() {}

  /// The mean of the others of each rollout's group.
  public func values(of batch: BaselineBatch) -> [Double] {
    let others = batch.completionsPerPrompt - 1
    precondition(others > 0, "a prompt's only completion has no others")
    return batch.groups.flatMap { group in
      group.map { own in
        group.reduce(0.0) { $1 == own ? $0 : $0 + batch.returns[$1] } / Double(others)
      }
    }
  }
}

extension BaselineKind {
  /// ``LeaveOneOut``, which needs others of the prompt.
  public static let leaveOneOut = BaselineKind("leave-one-out", needs: .groups) { _ in
    LeaveOneOut()
  }
}
