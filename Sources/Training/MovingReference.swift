import Autograd
public import LanguageModel
public import TensorKernels

/// A reference that follows the policy by an exponential moving average, Gorbatovski (2024),
/// equation 5, which TRL calls TR-DPO.
///
///     π₀ ← α·π + (1 − α)·π₀        parameter by parameter, once for every `interval` updates
///
/// The penalty then bounds the speed of the policy and not its distance, and no optimum is known.
public struct MovingReference: Equatable, Sendable {
  /// The policy's share α in each move.
  public var share: Double
  /// Updates between two moves.
  public var interval: Int

  /// The paper's and TRL's share and interval unless said otherwise.
  public init(share: Double = 0.6, interval: Int = 512) {
    precondition(interval > 0, "a move of the reference every \(interval) updates")
    (self.share, self.interval) = (share, interval)
  }

  /// The moves that are due for the updates after the first `before`, up to the first `now`.
  public func moves(before: Int, now: Int) -> Int { now / interval - before / interval }

  /// One move of the reference towards the policy.
  public func move(_ reference: inout Transformer<Float>, towards policy: Transformer<Float>) {
    // The shares are rounded one by one, as PyTorch does with Python's numbers.
    let (kept, taken) = (Float(1 - share), Float(share))
    for index in reference.parameters.values.indices {
      reference.parameters.values[index] = zip(
        reference.parameters.values[index], policy.parameters.values[index]
      ).map { kept * $0 + taken * $1 }
    }
  }
}
