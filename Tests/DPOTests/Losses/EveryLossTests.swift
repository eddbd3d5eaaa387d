import Autograd
import DPO
import Foundation
import TensorKernels
import TestSupport
import Testing
import Training

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

  /// What changes each setting of losses that a loss itself reads.
  private static let changes:
    [(path: PreferenceLossKind.Option, change: @Sendable (inout PreferenceLossOptions) -> Void)] = [
      (\.labelSmoothing, { $0.labelSmoothing = 0.3 }),
      (\.divergence, { $0.divergence = .forwardKL }),
      (\.discoPOPTemperature, { $0.discoPOPTemperature = 1 }),
      (\.simPOMargin, { $0.simPOMargin = 2 }),
      (\.cpoAlpha, { $0.cpoAlpha = 0.3 }), (\.desirableWeight, { $0.desirableWeight = 3 }),
      (\.undesirableWeight, { $0.undesirableWeight = 3 }),
      (\.lengthPenalty, { $0.lengthPenalty = 3 }),
      (\.unlikelihoodWeight, { $0.unlikelihoodWeight = 3 }),
    ]

  @Test(arguments: PreferenceLossKind.allCases)
  func aLossReadsTheSettingsThatItNamesAndNoOthers(kind: PreferenceLossKind) {
    let plain = kind.loss(beta: 0.3, options: PreferenceLossOptions())
    let losses = PairColumns<Double>.irregular.losses(plain)
    for (path, change) in Self.changes {
      var options = PreferenceLossOptions()
      change(&options)
      let changed = PairColumns<Double>.irregular.losses(kind.loss(beta: 0.3, options: options))
      // Of rankings the loss of two places takes a divergence, that of rankings does not.
      let isReadByPairsAlone = kind == .plackettLuce && path == \PreferenceLossOptions.divergence
      #expect((changed != losses) == (kind.reads(path) || isReadByPairsAlone), "\(path)")
    }
  }

  @Test(arguments: PreferenceLossKind.allCases)
  func aLossThatReadsTokenCountsSaysSo(kind: PreferenceLossKind) {
    let loss = kind.loss(beta: 0.3, options: PreferenceLossOptions())
    var longer = PairColumns<Double>.irregular
    (longer.chosenTokens, longer.rejectedTokens) = ([4, 3, 7, 2], [5, 3, 6, 1])
    let isRead = longer.losses(loss) != PairColumns<Double>.irregular.losses(loss)
    #expect(isRead == loss.inputs.contains(.tokenCounts))
  }

  @Test func everySettingOfLossesIsReadBySomeLoss() {
    for setting in PreferenceLossOptions.settings {
      #expect(PreferenceLossKind.allCases.contains { $0.reads(setting.path) }, "\(setting.key)")
    }
    let counts = [\PreferenceLossOptions.isReferenceFree, \.supervisedWeight].map { path in
      PreferenceLossKind.allCases.count { $0.reads(path) }
    }
    #expect(counts == [10, 19])
    #expect(PreferenceLossKind.allCases.filter { $0.labels == .rankings } == [.plackettLuce])
    #expect(
      PreferenceLossKind.allCases.filter { $0.labels == .completions } == [.kto, .apoZeroUnpaired])
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
