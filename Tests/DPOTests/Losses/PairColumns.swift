import Autograd
import DPO
import Foundation
import TensorKernels
import Testing

/// Four pairs as a loss reads them, on a tape of their own.
struct PairColumns<Scalar: TensorScalar> {
  var chosen: [Scalar]
  var rejected: [Scalar]
  var referenceChosen: [Scalar]
  var referenceRejected: [Scalar]
  var chosenTokens: [Int]
  var rejectedTokens: [Int]
  var mismatched: [Scalar] = [0.4, -0.1, 0.6, 0.3]

  /// The pairs of a tape; the policy's columns are parameters.
  func pairs(on tape: Tape<Scalar>) -> PairLogProbabilities<Scalar> {
    let shape = Shape(rows: chosen.count, columns: 1)
    return pairs(
      chosen: tape.parameter(chosen, shape: shape),
      rejected: tape.parameter(rejected, shape: shape), on: tape)
  }

  /// The pairs with other policy columns.
  func pairs(
    chosen: Tensor<Scalar>, rejected: Tensor<Scalar>, on tape: Tape<Scalar>
  ) -> PairLogProbabilities<Scalar> {
    var pairs = PairLogProbabilities(
      policyChosen: chosen, policyRejected: rejected,
      referenceChosen: tape.column(referenceChosen),
      referenceRejected: tape.column(referenceRejected))
    (pairs.chosenTokens, pairs.rejectedTokens) = (chosenTokens, rejectedTokens)
    pairs.mismatchedLogRatios = mismatched
    return pairs
  }

  /// The loss of each pair.
  func losses(_ loss: any PreferenceLoss) -> [Scalar] {
    loss.pairLosses(pairs(on: Tape<Scalar>())).values
  }

  /// The losses, and the gradient of their sum in the chosen and in the rejected column.
  func gradients(_ loss: any PreferenceLoss) -> (losses: [Scalar], gradient: [Scalar]) {
    let tape = Tape<Scalar>()
    let pairs = pairs(on: tape)
    let losses = loss.pairLosses(pairs)
    tape.backward(from: losses.sum())
    return (
      losses.values, tape.gradient(of: pairs.policyChosen) + tape.gradient(of: pairs.policyRejected)
    )
  }
}

extension PairColumns {
  /// Four pairs of the TRL fixture: a tie in the last, a tie of margins in the second.
  static var recorded: PairColumns {
    PairColumns(
      chosen: [-12, -8.5, -20, -5], rejected: [-11, -9.5, -18, -5],
      referenceChosen: [-12.5, -8, -19, -5], referenceRejected: [-10.5, -9, -18.5, -5],
      chosenTokens: [4, 3, 7, 2], rejectedTokens: [5, 3, 6, 2])
  }

  /// Pairs without pattern, one of them with completions of one token.
  static var irregular: PairColumns {
    PairColumns(
      chosen: [-1.2, -0.8, -3, -6.4], rejected: [-0.9, -1.5, -2, -5.1],
      referenceChosen: [-1, -1.3, -2.2, -7], referenceRejected: [-1.4, -1.1, -2.9, -4.4],
      chosenTokens: [1, 2, 5, 9], rejectedTokens: [1, 4, 3, 8])
  }

  /// The same pairs under a policy that is the reference.
  var atReference: PairColumns {
    var columns = self
    (columns.chosen, columns.rejected) = (referenceChosen, referenceRejected)
    columns.mismatched = columns.mismatched.map { _ in 0 }
    return columns
  }

  /// Log-ratios of ±500 in all four combinations.
  static var extreme: PairColumns {
    PairColumns(
      chosen: [-510, -510, -10, -10], rejected: [-510, -10, -510, -10],
      referenceChosen: [-10, -10, -510, -510], referenceRejected: [-10, -510, -10, -510],
      chosenTokens: [4, 3, 7, 2], rejectedTokens: [5, 3, 6, 2],
      mismatched: [500, 500, -500, 500])
  }
}

/// A loss kind with settings that bring its formula to bear.
struct LossCase: Sendable, CustomTestStringConvertible {
  var kind: PreferenceLossKind
  var divergence = FDivergenceKind.reverseKL
  var beta = 0.3

  var options: PreferenceLossOptions {
    var options = PreferenceLossOptions()
    if kind.reads(\.labelSmoothing) { options.labelSmoothing = 0.1 }
    if kind.reads(\.lengthPenalty) { options.lengthPenalty = 0.05 }
    if kind.reads(\.undesirableWeight) { options.undesirableWeight = 1.33 }
    if divergence != .reverseKL { options.divergence = divergence }
    return options
  }

  var loss: any PreferenceLoss { kind.loss(beta: beta, options: options) }
  var testDescription: String { "\(kind.rawValue), \(divergence.rawValue)" }

  /// Every loss, each divergence where it has one.
  static let all = PreferenceLossKind.allCases.flatMap { kind in
    FDivergenceKind.allCases
      .filter { $0 == .reverseKL || kind.reads(\.divergence) }
      .map { LossCase(kind: kind, divergence: $0) }
  }
}
