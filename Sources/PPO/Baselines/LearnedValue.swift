/// What a value model, trained beside the policy, expects of every state: PPO's own baseline.
///
///     δₜ = rₜ + γ·V(sₜ₊₁) − V(sₜ)        Aₜ = δₜ + γλ·Aₜ₊₁        Schulman (2016), equation 16
///
/// V estimates the value E_π[R] that is left from each state. At λ = 1 the gradient is unbiased
/// whatever V says; at λ < 1 only if V is right. A value model with a zero head starts as
/// ``NoBaseline`` and costs (V − b*)²·E|∇log π|² in variance as long as it errs.
public struct LearnedValue: Baseline {
  /// A number for each token.
  public let resolution = BaselineResolution.token

  /// The values of the model that the training trains beside the policy.
  public init() {}

  /// The value of the state after each rollout's prompt.
  public func values(of batch: BaselineBatch) -> [Double] {
    batch.learnedValues.map { $0.first.map { Double($0) } ?? 0 }
  }
}

extension BaselineKind {
  /// ``LearnedValue``, the default.
  public static let learnedValue = BaselineKind("learned-value") { _ in LearnedValue() }
}
