/// No baseline: the score is weighed by the return itself, Williams (1992).
///
///     b = 0
///
/// It estimates nothing. The gradient is unbiased, and the trace of its covariance exceeds the
/// smallest one by b*²·E|∇log π|²; a reward that is shifted by c puts b* + c in the place of b*.
public struct NoBaseline: Baseline {
  /// The constant zero.
  public init() {}

  /// Zeros.
  public func values(of batch: BaselineBatch) -> [Double] { batch.returns.map { _ in 0 } }
}

extension BaselineKind {
  /// ``NoBaseline``.
  public static let none = BaselineKind("none") { _ in NoBaseline() }
}
