public import Autograd
import TensorKernels

/// A preference loss with the likelihood of the chosen completion added, as Pang (2024).
///
///     L = base − w·log π(y⁺) / mean |y⁺|
///
/// It keeps the chosen likelihood from falling with the margin. The term's mean over a batch is the
/// cross-entropy of a chosen token: TRL's `rpo_alpha` up to 0.28, since then `loss_type: [·, sft]`
/// with `loss_weights`, and the `cpo_alpha` of its CPO trainer.
public struct SupervisedTermLoss: PreferenceLoss {
  /// The loss that the term is added to.
  public var base: any PreferenceLoss
  /// The weight w of the term.
  public var weight: Double

  /// Adds the term to a loss.
  public init(_ base: any PreferenceLoss, weight: Double) {
    (self.base, self.weight) = (base, weight)
  }

  /// The base's β.
  public var beta: Double { base.beta }

  /// None: the likelihood depends on the data.
  public var lossAtReference: Double? { nil }

  /// What the base reads, and the tokens of each completion.
  public var inputs: PreferenceInputs { base.inputs.union(.tokenCounts) }

  /// The base's losses with the term added.
  public func pairLosses<Scalar>(_ pairs: PairLogProbabilities<Scalar>) -> Tensor<Scalar> {
    base.pairLosses(pairs) + Scalar(weight) * pairs.tokenCrossEntropies
  }
}
