public import Autograd
import TensorKernels

/// A loss over preference pairs; a new one is a formula of about ten lines.
public protocol PreferenceLoss: Sendable {
  /// The strength β of the pull towards the reference; β·log π/π₀ is the implicit reward.
  var beta: Double { get }
  /// The loss of every pair where the policy is the reference; nil where it depends on the data.
  var lossAtReference: Double? { get }
  /// What the loss reads beside the policy's log-probabilities.
  var inputs: PreferenceInputs { get }
  /// The loss of each pair, a row a pair.
  func pairLosses<Scalar>(_ pairs: PairLogProbabilities<Scalar>) -> Tensor<Scalar>
}

extension PreferenceLoss {
  /// The reference's log-probabilities, and nothing else.
  public var inputs: PreferenceInputs { .reference }

  /// The mean loss over the pairs.
  public func callAsFunction<Scalar>(_ pairs: PairLogProbabilities<Scalar>) -> Tensor<Scalar> {
    pairLosses(pairs).mean()
  }
}

/// What a preference loss reads of a batch beside the policy's log-probabilities.
public struct PreferenceInputs: OptionSet, Sendable {
  /// One bit for each input.
  public let rawValue: Int

  /// A set of inputs.
  public init(rawValue: Int) { self.rawValue = rawValue }

  /// The reference's log-probabilities; without it the loss has no reference policy.
  public static let reference = PreferenceInputs(rawValue: 1)
  /// Log-ratios of prompts with completions of other prompts.
  public static let mismatchedPairs = PreferenceInputs(rawValue: 2)
  /// All pairs of the batch at once: the loss of one pair depends on the others.
  public static let wholeBatch = PreferenceInputs(rawValue: 4)
}
