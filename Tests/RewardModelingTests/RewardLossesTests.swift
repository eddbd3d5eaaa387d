import Autograd
import Datasets
import Foundation
import LanguageModel
import RewardModeling
import TensorKernels
import TestSupport
import Testing

/// What TRL computes from four pairs of scores; see the origin in the file.
private struct Fixture: Decodable {
  var rewards_chosen, rewards_rejected: [Double]
  var loss_plain, loss_centered, accuracy_strict_gt, margin_mean: Double

  enum CodingKeys: String, CodingKey {
    case rewards_chosen, rewards_rejected, loss_plain, accuracy_strict_gt, margin_mean
    case loss_centered = "loss_center_0.01"
  }
}

/// The same pairs with the margins of TRL's test.
private struct Recorded: Decodable {
  struct Reward: Decodable {
    var rewards_chosen, rewards_rejected, margin: [Double]
    var loss_margin: Double
  }
  var reward: Reward

  enum CodingKeys: String, CodingKey { case reward = "reward_trl_1.16.0" }
}

/// The loss of one pair of scores and its gradients.
private func onePair<Scalar: TensorScalar>(
  _ loss: BradleyTerryLoss, _ chosen: Scalar, _ rejected: Scalar
) -> (loss: Scalar, chosenGradient: Scalar, rejectedGradient: Scalar) {
  let tape = Tape<Scalar>()
  let scores = [chosen, rejected].map { tape.parameter([$0], shape: Shape(rows: 1, columns: 1)) }
  let value = loss(chosen: scores[0], rejected: scores[1])
  tape.backward(from: value)
  return (value.item, tape.gradient(of: scores[0])[0], tape.gradient(of: scores[1])[0])
}

@Suite struct BradleyTerryLossTests {
  private let fixture: Fixture

  init() throws {
    fixture = try TestSupport.fixture("trl-reward.json", as: Fixture.self)
  }

  private func loss(_ coefficient: Double?) -> Double {
    let tape = Tape<Double>()
    return BradleyTerryLoss(centeringCoefficient: coefficient)(
      chosen: tape.column(fixture.rewards_chosen), rejected: tape.column(fixture.rewards_rejected)
    ).item
  }

  @Test func lossEqualsThatOfTRLWithAndWithoutCentring() {
    #expect(abs(loss(nil) - fixture.loss_plain) < 1e-6)
    #expect(abs(loss(0.01) - fixture.loss_centered) < 1e-6)
  }

  @Test func marginsAreThoseOfTRL() throws {
    let recorded = try TestSupport.fixture("preferences_trl.json", as: Recorded.self).reward
    let tape = Tape<Double>()
    let loss = BradleyTerryLoss()(
      chosen: tape.column(recorded.rewards_chosen),
      rejected: tape.column(recorded.rewards_rejected), margins: recorded.margin)
    #expect(abs(loss.item - recorded.loss_margin) < 1e-6)
  }

  @Test func summaryEqualsTheMetricsOfTRL() {
    let result = evaluateScores(
      chosen: fixture.rewards_chosen, rejected: fixture.rewards_rejected)
    // One of the four is a tie: wrong for TRL, half right beside it.
    #expect(result.accuracy == fixture.accuracy_strict_gt)
    #expect(result.accuracyTiesHalf == fixture.accuracy_strict_gt + 0.125)
    #expect(abs(result.logLoss - fixture.loss_plain) < 1e-6)
  }

  @Test func equalScoresCostLogTwo() {
    #expect(abs(onePair(BradleyTerryLoss(), 1.5, 1.5).loss - log(2)) < 1e-15)
    #expect(onePair(BradleyTerryLoss(), Float(0), 0).loss == Float(log(2.0)))
  }

  @Test func gradientIsTheProbabilityOfTheOtherOrder() {
    // ∂L/∂r⁺ = −σ(r⁻ − r⁺), by hand.
    let result = onePair(BradleyTerryLoss(), 0.75, -0.5)
    #expect(abs(result.chosenGradient + 1 / (1 + exp(1.25))) < 1e-15)
    #expect(result.rejectedGradient == -result.chosenGradient)
  }

  @Test func marginsOfPlusAndMinusFiveHundredStayFinite() {
    let lost = onePair(BradleyTerryLoss(), Float(-250), 250)
    #expect(lost.loss == 500 && lost.chosenGradient == -1)
    #expect(onePair(BradleyTerryLoss(), Float(250), -250).loss == 0)
  }

  @Test func gradientsAgreeWithCentralDifferencesThroughAModel() {
    let backbone: Transformer<Double> = TinyPreferences.policy(scale: 10)
    var model = ScalarModel(backbone: backbone)
    model.parameters["score.weight"] = (0..<8).map { Double($0 % 3) - 0.7 }
    let pairs = TinyPreferences.pairs(count: 3)
    let batch = SequenceBatch(pairs.map(\.chosenSequence) + pairs.map(\.rejectedSequence))
    for coefficient in [nil, 0.1] {
      let loss = BradleyTerryLoss(centeringCoefficient: coefficient)
      let error = gradientCheckError(model.parameters) { recorded, tape in
        let scores = model.values(batch, recorded, on: tape, rows: batch.lastRows)
        return loss(chosen: scores.rows([0, 1, 2]), rejected: scores.rows([3, 4, 5]))
      }
      #expect(error < 1e-7)
    }
  }
}

@Suite struct RankingLossTests {
  private func value<Scalar: TensorScalar>(_ loss: RankingLoss, _ scores: [Scalar]) -> Scalar {
    let tape = Tape<Scalar>()
    return loss.rankingLosses(scores.map { tape.column([$0]) }).item
  }

  @Test(arguments: RankingLoss.allCases)
  func twoPlacesAreBradleyTerry(loss: RankingLoss) {
    // −log σ(1.5).
    #expect(abs(value(loss, [1.2, -0.3]) - log1p(exp(-1.5))) < 1e-15)
  }

  @Test func equalScoresCostLogTwoOrTheLogOfTheNumberOfOrders() {
    #expect(abs(value(.pairs, [3.0, 3, 3, 3]) - log(2)) < 1e-15)
    #expect(abs(value(.plackettLuce, [3.0, 3, 3, 3]) - log(24)) < 1e-15)
  }

  @Test func orderIsTheProductOfChoices() {
    let scores = [0.5, 2, -1, 0.3]
    let weights = scores.map { exp($0) }
    let probability = (0..<4).reduce(1.0) { $0 * weights[$1] / weights[$1...].reduce(0, +) }
    #expect(abs(value(.plackettLuce, scores) + log(probability)) < 1e-12)
  }

  @Test func pairsAreTheMeanOverAllOfThem() {
    let scores = [0.5, 2, -1]
    let losses = [0.5 - 2, 0.5 + 1, 2 + 1].map { log1p(exp(-$0)) }
    #expect(abs(value(.pairs, scores) - losses.reduce(0, +) / 3) < 1e-12)
  }

  @Test(arguments: RankingLoss.allCases)
  func gradientAgreesWithCentralDifferences(loss: RankingLoss) {
    var parameters = ParameterSet<Double>()
    for place in 0..<4 {
      parameters.append(
        "\(place)", shape: Shape(rows: 3, columns: 1), values: wave(3, phase: Double(place)))
    }
    let error = gradientCheckError(parameters) { recorded, _ in
      loss.rankingLosses((0..<4).map { 2 * recorded["\($0)"] }).sum()
    }
    #expect(error < 1e-7)
  }

  @Test(arguments: RankingLoss.allCases)
  func scoresOfPlusAndMinusFiveHundredStayFinite(loss: RankingLoss) {
    #expect(value(loss, [Float(500), 0, -500]) == 0)
    // Three pairs lost by 500, 1000 and 500; or two choices lost by 1000 and 500.
    let wrong = value(loss, [Float(-500), 0, 500])
    #expect(abs(wrong - (loss == .pairs ? 2000 / 3 : 1500)) < 1e-3)
  }

  @Test func marginsShiftTheDifferenceThatIsWanted() {
    let tape = Tape<Double>()
    let loss = BradleyTerryLoss(centeringCoefficient: 0.5).pairLosses(
      chosen: tape.column([1.0, 0]), rejected: tape.column([0.2, 0.4]), margins: [0.8, -0.4])
    // Both wanted differences are reached exactly; ½·1.2² and ½·0.4² are added.
    #expect(abs(loss.values[0] - log(2) - 0.72) < 1e-12)
    #expect(abs(loss.values[1] - log(2) - 0.08) < 1e-12)
  }
}
