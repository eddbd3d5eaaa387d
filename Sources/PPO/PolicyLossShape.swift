public import TensorKernels

/// What a probability ratio belongs to.
public enum RatioLevel: String, Codable, Sendable, CaseIterable {
  /// Each token: PPO and GRPO.
  case token
  /// The whole completion, ρ = π(y)/π_old(y): RLOO of TRL 1.16, Ahmadian (2024).
  case sequence
}

/// How the terms of tokens make one loss.
public enum LossReduction: String, Codable, Sendable, CaseIterable {
  /// Σ over all tokens of the minibatch ÷ their number: PPO, and GRPO's loss type `bnpo`.
  ///
  /// The divisor depends on what was sampled, hence the gradient of (R − b)·log π is biased.
  case tokenMean = "token-mean"
  /// Σ over each completion's tokens, mean over completions: Williams (1992), Liu (2025) up to a
  /// constant; the one that leaves (R − b)·∇log π unbiased.
  case completionSum = "completion-sum"
  /// Mean over each completion's tokens, mean over completions: GRPO, Shao (2024), equation 3.
  ///
  /// A token of a long completion weighs less; biased towards short good and long bad completions.
  case completionMean = "completion-mean"

  /// The weight of every token of some completions in the loss of their minibatch.
  ///
  /// - Parameters:
  ///   - lengths: Tokens of each of these completions.
  ///   - tokens: Tokens of the whole minibatch.
  ///   - completions: Completions of the whole minibatch.
  /// - Returns: One weight for each token, completion by completion.
  public func weights<Scalar: BLASScalar>(
    lengths: [Int], tokens: Int, completions: Int
  ) -> [Scalar] {
    lengths.flatMap { length -> [Scalar] in
      let divisor =
        switch self {
        case .tokenMean: tokens
        case .completionSum: completions
        case .completionMean: completions * length
        }
      return [Scalar](repeating: 1 / Scalar(divisor), count: length)
    }
  }
}

/// How far the value model's squared error is held to its old values.
public enum ValueLossKind: String, Codable, Sendable, CaseIterable {
  /// The larger of the errors of V and of V clipped to V_old ± c: TRL, Ziegler's code.
  case clipped
  /// The plain squared error.
  case squared
}

/// A probability ratio that no floating-point number can hold.
///
/// Where its advantage is positive or zero the loss is finite all the same, for the clipped term is
/// the larger; where it is negative, and no dual clip bounds it, the loss itself overflows.
public struct RatioOverflow: Error, Equatable, Sendable, CustomStringConvertible {
  /// Which of the terms.
  public var item: Int
  /// log π − log π_old.
  public var logRatio: Double

  /// The overflow of a term.
  public init(item: Int, logRatio: Double) { (self.item, self.logRatio) = (item, logRatio) }

  /// The sentence for people.
  public var description: String { "overflow: ratio \(item) is exp(\(logRatio))" }
}

/// The largest log-ratio whose exponential is safely finite, 87.7 for `Float`.
func largestLogRatio<Scalar: BLASScalar>(_ type: Scalar.Type = Scalar.self) -> Scalar {
  Scalar.logarithm(.greatestFiniteMagnitude) - 1
}
