public import Autograd
public import TensorKernels

/// What a preference loss sees of a batch of pairs: four columns of summed log-probabilities.
///
/// A sum runs over the tokens of a completion, its end token included; prompts never enter
/// (Rafailov (2023), equation 7 on whole completions; TRL's `sigmoid` reads the same sums).
public struct PairLogProbabilities<Scalar: BLASScalar> {
  /// log π(y⁺|x), a row a pair, differentiable.
  public let policyChosen: Tensor<Scalar>
  /// log π(y⁻|x).
  public let policyRejected: Tensor<Scalar>
  /// log π₀(y⁺|x), a constant.
  public let referenceChosen: Tensor<Scalar>
  /// log π₀(y⁻|x), a constant.
  public let referenceRejected: Tensor<Scalar>

  /// Gathers four columns of as many rows as there are pairs.
  public init(
    policyChosen: Tensor<Scalar>, policyRejected: Tensor<Scalar>,
    referenceChosen: Tensor<Scalar>, referenceRejected: Tensor<Scalar>
  ) {
    let rows = [policyChosen, policyRejected, referenceChosen, referenceRejected].map(\.shape.rows)
    precondition(Set(rows).count == 1, "columns of \(rows) rows")
    self.policyChosen = policyChosen
    self.policyRejected = policyRejected
    self.referenceChosen = referenceChosen
    self.referenceRejected = referenceRejected
  }

  /// log π(y⁺)/π₀(y⁺); exactly zero where the policy is the reference.
  public var chosenLogRatio: Tensor<Scalar> { policyChosen - referenceChosen }
  /// log π(y⁻)/π₀(y⁻).
  public var rejectedLogRatio: Tensor<Scalar> { policyRejected - referenceRejected }
  /// The difference h of the two log-ratios, the only thing that the losses here read.
  public var margin: Tensor<Scalar> { chosenLogRatio - rejectedLogRatio }
}

/// A loss over preference pairs; a new one is a formula of about ten lines.
public protocol PreferenceLoss: Sendable {
  /// The strength β of the pull towards the reference; β·log π/π₀ is the implicit reward.
  var beta: Double { get }
  /// The loss of each pair, a row a pair.
  func pairLosses<Scalar>(_ pairs: PairLogProbabilities<Scalar>) -> Tensor<Scalar>
}

extension PreferenceLoss {
  /// The mean loss over the pairs.
  public func callAsFunction<Scalar>(_ pairs: PairLogProbabilities<Scalar>) -> Tensor<Scalar> {
    pairLosses(pairs).mean()
  }
}
