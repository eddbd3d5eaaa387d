import Autograd
import Foundation
import RewardModeling
import TensorKernels
import TestSupport
import Testing

@Suite struct RankingLossTests {
  private func value<Scalar: BLASScalar>(_ loss: RankingLoss, _ scores: [Scalar]) -> Scalar {
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
