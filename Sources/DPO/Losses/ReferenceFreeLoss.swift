public import Autograd
import TensorKernels

/// A loss whose reference is a uniform one: log π₀ is zero throughout.
///
/// The `reference_free` of the DPO paper's repository. It changes the loss only; logged rewards stay
/// those of the reference.
public struct ReferenceFreeLoss: PreferenceLoss {
  /// The loss that reads no reference any more.
  public var base: any PreferenceLoss

  /// Takes the reference from a loss.
  public init(_ base: any PreferenceLoss) { self.base = base }

  /// The base's β.
  public var beta: Double { base.beta }

  /// None: there is no reference.
  public var lossAtReference: Double? { nil }

  /// What the base reads, except the reference.
  public var inputs: PreferenceInputs { base.inputs.subtracting(.reference) }

  /// The base's losses at log π₀ = 0.
  public func pairLosses<Scalar>(_ pairs: PairLogProbabilities<Scalar>) -> Tensor<Scalar> {
    base.pairLosses(pairs.withoutReference)
  }
}
