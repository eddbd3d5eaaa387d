import Autograd
import DPO
import Datasets
import Foundation
import Testing

/// Symmetries and directions that follow from what each loss reads.
@Suite struct LossPropertyTests {
  private let columns = PairColumns<Double>.irregular

  /// Losses of the difference of scores alone.
  private static let ofMargins: [PreferenceLossKind] = [
    .sigmoid, .conservative, .robust, .ipoSum, .hinge, .exo, .discoPOP, .lengthRegularized,
    .plackettLuce,
  ]

  private func loss(_ kind: PreferenceLossKind, beta: Double = 0.3) -> any PreferenceLoss {
    LossCase(kind: kind, beta: beta).loss
  }

  @Test(arguments: ofMargins, [-7.0, 0.25, 100])
  func aConstantAddedToBothLogRatiosChangesNothing(kind: PreferenceLossKind, constant: Double) {
    var moved = columns
    moved.chosen = columns.chosen.map { $0 + constant }
    moved.rejected = columns.rejected.map { $0 + constant }
    let (plain, other) = (columns.gradients(loss(kind)), moved.gradients(loss(kind)))
    for (a, b) in zip(plain.losses + plain.gradient, other.losses + other.gradient) {
      #expect(abs(a - b) < 1e-11 * max(1, abs(a)))
    }
  }

  @Test(arguments: [
    PreferenceLossKind.nca, .bco, .sppo, .apoZero, .apoDown, .kto, .apoZeroUnpaired,
  ])
  func anchoredLossesNoticeAConstantAddedToBoth(kind: PreferenceLossKind) {
    var moved = columns
    moved.chosen = columns.chosen.map { $0 - 3 }
    moved.rejected = columns.rejected.map { $0 - 3 }
    for (a, b) in zip(columns.losses(loss(kind)), moved.losses(loss(kind))) {
      #expect(abs(a - b) > 1e-3)
    }
  }

  @Test(arguments: PreferenceLossKind.allCases.filter { ![.aot, .aotUnpaired].contains($0) })
  func theLossOfAPairDoesNotDependOnTheOrderOfTheBatch(kind: PreferenceLossKind) {
    var turned = columns
    (turned.chosen, turned.rejected) = (columns.chosen.reversed(), columns.rejected.reversed())
    turned.referenceChosen.reverse()
    turned.referenceRejected.reverse()
    turned.chosenTokens.reverse()
    turned.rejectedTokens.reverse()
    #expect(turned.losses(loss(kind)) == columns.losses(loss(kind)).reversed())
  }

  @Test(arguments: PreferenceLossKind.allCases)
  func theMeanOverABatchIsTheMeanOfItsPairs(kind: PreferenceLossKind) {
    let loss = loss(kind)
    let tape = Tape<Double>()
    let mean = loss.callAsFunction(columns.pairs(on: tape)).item
    let separate = columns.losses(loss).reduce(0, +) / 4
    #expect(abs(mean - separate) < 1e-12 * max(1, abs(mean)))
  }

  @Test(arguments: [
    PreferenceLossKind.sigmoid, .robust, .hinge, .sigmoidNorm, .lengthRegularized, .bco, .apoZero,
    .kto, .apoZeroUnpaired, .plackettLuce, .simPO, .cpo, .orpo, .sft, .unlikelihood, .aot,
    .aotUnpaired,
  ])
  func aLikelierChosenCompletionNeverCostsMore(kind: PreferenceLossKind) {
    // At ε = 0: softened labels turn back at their own probability.
    let loss = kind.loss(beta: 0.3, options: PreferenceLossOptions())
    let gradient = columns.gradients(loss).gradient
    #expect(gradient[..<4].allSatisfy { $0 <= 0 })
  }

  @Test(arguments: [
    PreferenceLossKind.sigmoid, .hinge, .nca, .bco, .apoZero, .kto, .simPO, .cpo, .orpo, .aot,
    .unlikelihood,
  ])
  func aLikelierRejectedCompletionNeverCostsLess(kind: PreferenceLossKind) {
    let loss = kind.loss(beta: 0.3, options: PreferenceLossOptions())
    #expect(columns.gradients(loss).gradient[4...].allSatisfy { $0 >= 0 })
  }

  @Test(arguments: [
    PreferenceLossKind.sigmoid, .conservative, .robust, .hinge, .exo, .nca, .bco, .apoZero,
    .apoDown, .discoPOP, .kto, .plackettLuce, .aot, .aotUnpaired, .apoZeroUnpaired,
  ])
  func onlyTheProductOfBetaAndTheLogRatiosCounts(kind: PreferenceLossKind) {
    var doubled = columns
    doubled.chosen = zip(columns.chosen, columns.referenceChosen).map { $1 + 2 * ($0 - $1) }
    doubled.rejected = zip(columns.rejected, columns.referenceRejected).map { $1 + 2 * ($0 - $1) }
    doubled.mismatched = columns.mismatched.map { 2 * $0 }
    if kind == .aot {
      // Sorted margins need the reference scaled too.
      doubled = columns
      doubled.chosen = columns.chosen.map { 2 * $0 }
      doubled.rejected = columns.rejected.map { 2 * $0 }
      doubled.referenceChosen = columns.referenceChosen.map { 2 * $0 }
      doubled.referenceRejected = columns.referenceRejected.map { 2 * $0 }
    }
    let (single, half) = (columns.losses(loss(kind)), doubled.losses(loss(kind, beta: 0.15)))
    for (a, b) in zip(single, half) { #expect(abs(a - b) < 1e-12) }
  }

  @Test func aChangeOfKindNeedsItsOwnName() {
    let names = PreferenceLossKind.allCases.map(\.rawValue)
    #expect(Set(names).count == names.count && names.allSatisfy { $0 == $0.lowercased() })
    // TRL 1.16's names, all of them.
    for name in [
      "sigmoid", "hinge", "ipo", "exo_pair", "nca_pair", "robust", "bco_pair", "sppo_hard", "aot",
      "aot_unpaired", "apo_zero", "apo_down", "discopop", "sft", "sigmoid_norm", "kto",
      "apo_zero_unpaired", "simpo",
    ] { #expect(PreferenceLossKind(rawValue: name) != nil, "\(name)") }
  }
}

/// Labels that a policy gives itself (predictions.md, 5.5).
@Suite struct SelfLabelTheoryTests {
  private let reference = [0.5, 0.3, 0.2]
  private let policy = [0.2, 0.3, 0.5]
  private let beta = 0.7

  /// The gradient of DPO in the logits over all ordered pairs of the policy's own completions, each
  /// labelled as won by the first one with a probability of its implicit margin.
  private func gradient(_ label: (Double) -> Double) -> [Double] {
    let tape = Tape<Double>()
    let logits = policy.map { log($0) }
    let head = tape.parameter(logits, shape: Shape(rows: 3, columns: 1))
    let pairs = (0..<3).flatMap { i in (0..<3).map { (i, $0) } }
    func column(_ actions: [Int]) -> Tensor<Double> {
      tape.column(actions.map { _ in 1 })
        .tokenLogProbabilities(head: head, targets: actions, temperature: 1).logProbabilities
    }
    let columns = PairLogProbabilities(
      policyChosen: column(pairs.map(\.0)), policyRejected: column(pairs.map(\.1)),
      referenceChosen: tape.column(pairs.map { log(reference[$0.0]) }),
      referenceRejected: tape.column(pairs.map { log(reference[$0.1]) }))
    func reward(_ action: Int) -> Double { beta * log(policy[action] / reference[action]) }
    let weights = pairs.map { policy[$0.0] * policy[$0.1] * 2 * label(reward($0.0) - reward($0.1)) }
    tape.backward(from: DPOLoss(beta: beta).pairLosses(columns).weightedSum(weights))
    return tape.gradient(of: head)
  }

  @Test func softLabelsOfThePolicyItselfTeachNothing() {
    #expect(gradient { 1 / (1 + exp(-$0)) }.allSatisfy { abs($0) < 1e-15 })
  }

  @Test func hardLabelsOfThePolicyItselfSharpenIt() {
    let slopes = gradient { $0 > 0 ? 1 : $0 < 0 ? 0 : 0.5 }
    // The third action has the highest implicit reward, the first one the lowest: descent raises
    // the one and lowers the other.
    #expect(slopes[2] < -1e-3 && slopes[0] > 1e-3)
  }
}
