import Autograd
import DPO
import Foundation
import TensorKernels
import TestSupport
import Testing

/// What holds for every loss: gradients, the certificate of step 0, and no overflow at ±500.
@Suite struct EveryLossTests {
  @Test(arguments: LossCase.all)
  func gradientAgreesWithCentralDifferences(_ example: LossCase) {
    for columns in [PairColumns<Double>.irregular, .recorded] {
      // Where margins tie, the order of quantiles turns with the step: no derivative to compare.
      if example.loss.inputs.contains(.wholeBatch), columns.chosen[3] == columns.rejected[3] {
        continue
      }
      var parameters = ParameterSet<Double>()
      let shape = Shape(rows: 4, columns: 1)
      parameters.append("chosen", shape: shape, values: columns.chosen)
      parameters.append("rejected", shape: shape, values: columns.rejected)
      let error = gradientCheckError(parameters) { recorded, tape in
        example.loss(
          columns.pairs(chosen: recorded["chosen"], rejected: recorded["rejected"], on: tape))
      }
      #expect(error < 1e-7)
    }
  }

  @Test(arguments: LossCase.all)
  func lossAtTheReferenceIsItsConstant(_ example: LossCase) {
    let beta = example.beta
    let constants: [PreferenceLossKind: Double] = [
      .sigmoid: log(2), .conservative: log(2), .robust: log(2), .sigmoidNorm: log(2),
      .aot: log(2), .aotUnpaired: log(2), .plackettLuce: log(2), .nca: 2 * log(2),
      .bco: 2 * log(2), .hinge: 1, .apoZero: 1, .apoDown: 1, .ipo: 1 / (4 * beta * beta),
      .ipoSum: 1 / (4 * beta * beta), .sppo: 1 / (2 * beta * beta),
      .exo: log(1 / (2 * sqrt(0.1 * 0.9))), .discoPOP: (1 + log(2)) / 2, .kto: (1 + 1.33) / 4,
      .apoZeroUnpaired: (1 + 1.33) / 4,
    ]
    guard let stated = example.loss.lossAtReference else {
      #expect(constants[example.kind] == nil)
      return
    }
    #expect(constants[example.kind].map { abs($0 - stated) < 1e-14 } == true)
    for columns in [PairColumns<Double>.irregular.atReference, .recorded.atReference] {
      for loss in columns.losses(example.loss) { #expect(abs(loss - stated) < 1e-13) }
    }
    for loss in PairColumns<Float>.recorded.atReference.losses(example.loss) {
      #expect(abs(Double(loss) - stated) < 1e-6 * max(1, stated))
    }
  }

  /// The divergences whose score has no finite value in Float, or no finite square.
  private func overflows(_ example: LossCase) -> Bool {
    example.divergence == .forwardKL
      || (example.divergence == .alpha && [.ipo, .ipoSum].contains(example.kind))
  }

  @Test(arguments: LossCase.all)
  func logRatiosOfPlusAndMinusFiveHundredStayFinite(_ example: LossCase) {
    for beta in [0.1, 1] {
      var example = example
      example.beta = beta
      let double = PairColumns<Double>.extreme.gradients(example.loss)
      // The square of a forward KL's score overflows even in Double.
      let isSquare = [.ipo, .ipoSum].contains(example.kind) && example.divergence == .forwardKL
      #expect((double.losses + double.gradient).allSatisfy { $0.isFinite } != isSquare)
      let single = PairColumns<Float>.extreme.gradients(example.loss)
      let isFinite = (single.losses + single.gradient).allSatisfy(\.isFinite)
      #expect(isFinite != overflows(example))
      guard isFinite else { continue }
      for (found, exact) in zip(single.losses, double.losses) {
        #expect(abs(Double(found) - exact) <= 1e-5 * max(1, abs(exact)))
      }
    }
  }

  @Test func lossesWithoutAReferenceDoNotReadIt() {
    for example in LossCase.all where !example.loss.inputs.contains(.reference) {
      var moved = PairColumns<Double>.irregular
      moved.referenceChosen = [0, 0, 0, 0]
      moved.referenceRejected = [-9, 9, 1, 2]
      #expect(moved.losses(example.loss) == PairColumns<Double>.irregular.losses(example.loss))
    }
    let without = PreferenceLossKind.allCases.filter {
      !$0.loss(beta: 1, options: PreferenceLossOptions()).inputs.contains(.reference)
    }
    #expect(without == [.simPO, .cpo, .orpo, .sft, .unlikelihood])
  }

  @Test(arguments: PreferenceLossKind.allCases.filter { $0.reads(\.isReferenceFree) })
  func aUniformReferenceCanReplaceTheReference(kind: PreferenceLossKind) {
    var options = LossCase(kind: kind).options
    let plain = kind.loss(beta: 0.3, options: options)
    options.isReferenceFree = true
    let free = kind.loss(beta: 0.3, options: options)
    var zero = PairColumns<Double>.irregular
    (zero.referenceChosen, zero.referenceRejected) = ([0, 0, 0, 0], [0, 0, 0, 0])
    #expect(PairColumns<Double>.irregular.losses(free) == zero.losses(plain))
    #expect(free.lossAtReference == nil && !free.inputs.contains(.reference))
  }

  @Test(arguments: PreferenceLossKind.allCases.filter { $0.reads(\.supervisedWeight) })
  func everyLossOverPairsTakesALikelihoodTerm(kind: PreferenceLossKind) {
    var options = LossCase(kind: kind).options
    let plain = PairColumns<Double>.irregular.losses(kind.loss(beta: 0.3, options: options))
    options.supervisedWeight = 0.5
    let loss = kind.loss(beta: 0.3, options: options)
    let added = PairColumns<Double>.irregular.losses(loss)
    for (i, value) in added.enumerated() {
      let term = -PairColumns<Double>.irregular.chosen[i] / (17 / 4)
      #expect(abs(value - plain[i] - 0.5 * term) < 1e-12)
    }
    #expect(loss.lossAtReference == nil && loss.beta == 0.3)
  }
}
