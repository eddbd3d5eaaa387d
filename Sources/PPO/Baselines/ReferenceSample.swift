/// The reward of one completion that the reference gave to the same prompt.
///
///     b = r(y′)        y′ ~ π₀(·|x), apart from y
///
/// It is the "human completion baseline, essentially a single sample Monte-Carlo estimate of the
/// normalizing term" of Rafailov (2023), section 5.2. As an estimate of β·log Z it is biased: its mean is
/// E_π₀[r] = β·log Z − β·KL(π₀‖π*). The gradient is unbiased, and its covariance trace is that of the
/// constant E_π₀[r] plus Var_π₀[r]·E|∇log π|², which stays when the policy has reached the optimum.
public struct ReferenceSample: Baseline {
  /// The one completion.
  public let referenceSamples = 1

  /// The reward of one reference completion for each rollout.
  public init() {}

  /// The reward of each rollout's own reference completion.
  public func values(of batch: BaselineBatch) -> [Double] {
    batch.referenceRewards.map { $0[0] }
  }
}

extension BaselineKind {
  /// ``ReferenceSample``, in the units of the reward.
  public static let referenceSample = BaselineKind(
    "reference-sample", needs: .plainScores
  ) { _ in ReferenceSample() }
}
