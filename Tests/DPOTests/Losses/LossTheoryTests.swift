import Autograd
import DPO
import Foundation
import Testing

/// What the papers prove of their losses.
@Suite struct LossTheoryTests {
  /// Losses of one pair with log-ratios x and 0 and lengths of three tokens.
  private func at(_ x: Double, _ loss: any PreferenceLoss) -> (loss: Double, slope: Double) {
    let columns = PairColumns<Double>(
      chosen: [x - 3], rejected: [-4], referenceChosen: [-3], referenceRejected: [-4],
      chosenTokens: [3], rejectedTokens: [3], mismatched: [0])
    let result = columns.gradients(loss)
    return (result.losses[0], result.gradient[0])
  }

  @Test(arguments: [-3.0, 0.2, 5])
  func robustLossIsUnbiasedByFlippedLabels(margin: Double) {
    // Chowdhury (2024), unbiasedness: the mean over flips is the loss of the clean label.
    let robust = RobustDPOLoss(beta: 0.5, labelSmoothing: 0.2)
    let mean = 0.8 * at(margin, robust).loss + 0.2 * at(-margin, robust).loss
    #expect(abs(mean - at(margin, DPOLoss(beta: 0.5)).loss) < 1e-12)
  }

  @Test func conservativeLossIsLeastWhereThePolicyPredictsTheLabels() {
    // predictions.md 5.2: the margin is logit(1 − ε)/β.
    let loss = ConservativeDPOLoss(beta: 0.5, labelSmoothing: 0.1)
    #expect(abs(at(log(9) / 0.5, loss).slope) < 1e-14)
    #expect(at(log(9) / 0.5 - 1, loss).slope < 0 && at(log(9) / 0.5 + 1, loss).slope > 0)
  }

  @Test func exactOptimisationIsAKLThatVanishesAtTheLabel() {
    let loss = EXOLoss(beta: 0.5, labelSmoothing: 0.1)
    #expect(abs(at(log(9) / 0.5, loss).loss) < 1e-14)
    for margin in stride(from: -8.0, through: 8, by: 0.5) {
      #expect(at(margin, loss).loss > -1e-14)
    }
    #expect(EXOLoss(labelSmoothing: 0).labelSmoothing == 1e-3)
  }

  @Test func identityLossesHaveAFiniteTarget() {
    #expect(abs(at(1, IPOLoss(beta: 0.5)).slope) < 1e-14)
    // Per token: three tokens times the target.
    #expect(abs(at(3, MeanIPOLoss(beta: 0.5)).slope) < 1e-14)
    #expect(abs(at(1, SPPOLoss(beta: 0.5)).slope) < 1e-14)
  }

  @Test func hingeTeachesNothingBeyondItsMargin() {
    #expect(at(2.1, HingeLoss(beta: 0.5)) == (0, 0))
    #expect(at(1.9, HingeLoss(beta: 0.5)).slope == -0.5)
  }

  @Test(arguments: [-4.0, -0.5, 0, 2])
  func binaryClassifierBoundsDPOFromAbove(margin: Double) {
    // Jung (2024), without a shift and with one.
    let dpo = at(margin, DPOLoss(beta: 0.7)).loss
    #expect(at(margin, BCOLoss(beta: 0.7)).loss > dpo)
    #expect(at(margin, BCOLoss(beta: 0.7, rewardShift: 0.4)).loss > dpo)
    let shifted = BCOLoss(beta: 0.7, rewardShift: 0.4)
    #expect(abs(at(0, shifted).loss - (shifted.lossAtReference ?? 0)) < 1e-14)
  }

  @Test func anchoredLossesMoveTheChosenCompletionInOppositeDirections() {
    #expect(at(0, APOZeroLoss(beta: 1)).slope < 0)
    // At the reference σ′ = ¼ of either term: they cancel; beyond it, down wins.
    #expect(abs(at(0, APODownLoss(beta: 1)).slope) < 1e-15)
  }

  @Test func lengthRegularizationDiscountsPairsThatLengthWon() {
    var columns = PairColumns<Double>.irregular.atReference
    columns.chosenTokens = [9, 9, 9, 9]
    columns.rejectedTokens = [3, 3, 3, 3]
    let priced = columns.gradients(LengthRegularizedDPOLoss(beta: 0.3, lengthPenalty: 0.1))
    let plain = columns.gradients(DPOLoss(beta: 0.3))
    // σ(−0.6) instead of ½.
    for (found, free) in zip(priced.gradient, plain.gradient) {
      #expect(abs(found / free - 2 / (1 + exp(0.6))) < 1e-12)
    }
  }

  @Test func divergenceOfKTOIsNeverNegative() {
    var loss = KTOLoss(beta: 1)
    #expect(loss.divergence([-3.0, -5]) == 0)
    #expect(loss.divergence([1.0, 2]) == 1.5)
    loss.referencePoint = .zero
    #expect(loss.divergence([1.0, 2]) == 0 && loss.inputs == .reference)
  }

  @Test func alphaDivergenceTendsToTheOthers() {
    let tape = Tape<Double>()
    let ratios = tape.column([-2, -0.1, 0, 0.3, 4])
    let forward = FDivergence.forwardKL.scores(ratios).values
    for (found, wanted) in zip(FDivergence.alpha(0).scores(ratios).values, forward) {
      #expect(abs(found - wanted) < 1e-14)
    }
    #expect(FDivergence.alpha(1).scores(ratios).values == ratios.values)
    for (found, wanted) in zip(FDivergence.alpha(1 + 2e-6).scores(ratios).values, ratios.values) {
      #expect(abs(found - wanted) < 1e-4)
    }
  }

  @Test func everyDivergenceScoresARisingRatioHigher() {
    let tape = Tape<Double>()
    let ratios = tape.column([-3, -1, -0.2, 0, 0.2, 1, 3])
    for kind in FDivergenceKind.allCases {
      let scores = kind.divergence(alpha: 0.5).scores(ratios).values
      #expect(zip(scores, scores.dropFirst()).allSatisfy { $0 < $1 }, "\(kind)")
      #expect(abs(scores[3]) < 1e-15, "\(kind)")
    }
  }
}
