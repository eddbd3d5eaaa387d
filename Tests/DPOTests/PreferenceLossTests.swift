import Autograd
import DPO
import Foundation
import TensorKernels
import TestSupport
import Testing

/// Losses of the DPO paper's repository and of TRL on four pairs; see the origin in the file.
private struct Fixture: Decodable {
  var beta: Double
  var chosen_logps, rejected_logps, ref_chosen_logps, ref_rejected_logps: [Double]
  var trl_sigmoid, official_sigmoid, official_ipo_on_sums: [Double]
  var official_chosen_rewards, official_rejected_rewards: [Double]
}

/// Columns on a fresh tape; the policy's are parameters.
private func columns<Scalar: TensorScalar>(
  _ chosen: [Scalar], _ rejected: [Scalar], _ referenceChosen: [Scalar],
  _ referenceRejected: [Scalar]
) -> (tape: Tape<Scalar>, pairs: PairLogProbabilities<Scalar>) {
  let tape = Tape<Scalar>()
  let shape = Shape(rows: chosen.count, columns: 1)
  let pairs = PairLogProbabilities(
    policyChosen: tape.parameter(chosen, shape: shape),
    policyRejected: tape.parameter(rejected, shape: shape),
    referenceChosen: tape.column(referenceChosen),
    referenceRejected: tape.column(referenceRejected))
  return (tape, pairs)
}

/// Losses and gradients of one pair whose log-ratios are given, the reference at −3 and −4.
private func onePair<Scalar: TensorScalar>(
  _ loss: some PreferenceLoss, logRatios chosen: Scalar, _ rejected: Scalar
) -> (loss: Scalar, chosenGradient: Scalar, rejectedGradient: Scalar) {
  let (tape, pairs) = columns([chosen - 3], [rejected - 4], [-3], [-4])
  let value = loss(pairs)
  tape.backward(from: value)
  return (
    value.item, tape.gradient(of: pairs.policyChosen)[0],
    tape.gradient(of: pairs.policyRejected)[0]
  )
}

@Suite struct PreferenceLossTests {
  private let fixture: Fixture
  private let recorded: PairLogProbabilities<Double>

  init() throws {
    fixture = try TestSupport.fixture("trl-dpo.json", as: Fixture.self)
    recorded =
      columns(
        fixture.chosen_logps, fixture.rejected_logps, fixture.ref_chosen_logps,
        fixture.ref_rejected_logps
      ).pairs
  }

  @Test func dpoLossEqualsThatOfTRLAndOfThePaper() {
    let losses = DPOLoss(beta: fixture.beta).pairLosses(recorded).values
    #expect(losses.count == 4)
    for (index, loss) in losses.enumerated() {
      #expect(abs(loss - fixture.trl_sigmoid[index]) < 1e-6)
      #expect(abs(loss - fixture.official_sigmoid[index]) < 1e-6)
    }
  }

  @Test func ipoLossEqualsThatOfTheOfficialRepositoryOnSums() {
    let losses = IPOLoss(beta: fixture.beta).pairLosses(recorded).values
    #expect(losses.count == 4 && fixture.official_ipo_on_sums.count == 4)
    for (loss, expected) in zip(losses, fixture.official_ipo_on_sums) {
      #expect(abs(loss - expected) < 1e-12)
    }
  }

  @Test func logRatiosTimesBetaAreTheOfficialImplicitRewards() {
    let chosen = recorded.chosenLogRatio.values.map { fixture.beta * $0 }
    let rejected = recorded.rejectedLogRatio.values.map { fixture.beta * $0 }
    #expect(chosen.count == 4)
    for index in chosen.indices {
      #expect(abs(chosen[index] - fixture.official_chosen_rewards[index]) < 1e-8)
      #expect(abs(rejected[index] - fixture.official_rejected_rewards[index]) < 1e-8)
    }
  }

  @Test func callingALossGivesTheMeanOverThePairs() {
    let expected = fixture.trl_sigmoid.reduce(0, +) / 4
    #expect(abs(DPOLoss(beta: fixture.beta)(recorded).item - expected) < 1e-6)
  }

  @Test(arguments: [0.05, 0.1, 1, 5])
  func lossIsLogTwoWhenPolicyEqualsReference(beta: Double) {
    #expect(abs(onePair(DPOLoss(beta: beta), logRatios: 0.0, 0).loss - log(2)) < 1e-15)
    #expect(onePair(DPOLoss(beta: beta), logRatios: Float(0), 0).loss == Float(log(2.0)))
  }

  @Test(arguments: [0.05, 0.1, 1, 5])
  func gradientIsTheClosedFormOfSection4(beta: Double) {
    // ∂L/∂log π(y⁺) = −β·σ(−β·h), Rafailov (2023), section 4; h = 1.5 − (−0.5).
    let expected = -beta / (1 + exp(beta * 2))
    let result = onePair(DPOLoss(beta: beta), logRatios: 1.5, -0.5)
    #expect(abs(result.chosenGradient - expected) < 1e-12)
    #expect(abs(result.rejectedGradient + expected) < 1e-12)
  }

  @Test(arguments: [0.05, 0.5])
  func ipoGradientIsTwiceTheDistanceToItsTarget(beta: Double) {
    // d/dh (h − 1/(2τ))² = 2·(h − 1/(2τ)), Azar (2023), equation 17.
    let result = onePair(IPOLoss(beta: beta), logRatios: 1.5, -0.5)
    #expect(abs(result.chosenGradient - 2 * (2 - 1 / (2 * beta))) < 1e-12)
    #expect(result.chosenGradient == -result.rejectedGradient)
  }

  @Test(arguments: [-7.0, 0.25, 100])
  func aConstantAddedToBothLogRatiosChangesNothing(constant: Double) {
    let losses: [any PreferenceLoss] = [DPOLoss(beta: 0.3), IPOLoss(beta: 0.3)]
    for loss in losses {
      let plain = onePair(loss, logRatios: 0.75, -0.5)
      let moved = onePair(loss, logRatios: 0.75 + constant, -0.5 + constant)
      #expect(abs(plain.loss - moved.loss) < 1e-12)
      #expect(abs(plain.chosenGradient - moved.chosenGradient) < 1e-12)
    }
  }

  @Test func marginsOfPlusAndMinusFiveHundredStayFinite() {
    let (won, lost) = (
      onePair(DPOLoss(beta: 1), logRatios: Float(250), -250),
      onePair(DPOLoss(beta: 1), logRatios: Float(-250), 250)
    )
    #expect(won.loss == 0 && abs(won.chosenGradient) < 1e-30)
    #expect(lost.loss == 500 && lost.chosenGradient == -1 && lost.rejectedGradient == 1)
    #expect(onePair(IPOLoss(beta: 0.1), logRatios: Float(-250), 250).loss == 505 * 505)
  }

  @Test func gradientsAgreeWithCentralDifferences() {
    let losses: [any PreferenceLoss] = [DPOLoss(beta: 0.3), IPOLoss(beta: 0.3)]
    var parameters = ParameterSet<Double>()
    let shape = Shape(rows: 4, columns: 1)
    parameters.append("chosen", shape: shape, values: [-1.2, -0.8, -3, 0.4])
    parameters.append("rejected", shape: shape, values: [-0.9, -1.5, -2, 0.1])
    for loss in losses {
      let error = gradientCheckError(parameters) { recorded, tape in
        loss(
          PairLogProbabilities(
            policyChosen: recorded["chosen"], policyRejected: recorded["rejected"],
            referenceChosen: tape.column([-1, -1, -1, -1]),
            referenceRejected: tape.column([-1, -2, -3, -4])))
      }
      #expect(error < 1e-7)
    }
  }
}
