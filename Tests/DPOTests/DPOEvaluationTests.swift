import DPO
import Foundation
import TestSupport
import Testing

@Suite struct DPOEvaluationTests {
  private struct Fixture: Decodable {
    var beta: Double
    var chosen_logps, rejected_logps, ref_chosen_logps, ref_rejected_logps: [Double]
    var trl_sigmoid: [Double]
    var chosenReward, rejectedReward, accuracy, margin: Double

    enum CodingKeys: String, CodingKey {
      case beta, chosen_logps, rejected_logps, ref_chosen_logps, ref_rejected_logps, trl_sigmoid
      case chosenReward = "rewards/chosen"
      case rejectedReward = "rewards/rejected"
      case accuracy = "rewards/accuracies"
      case margin = "rewards/margins"
    }
  }

  @Test func summaryEqualsTheMetricsOfTRL() throws {
    let fixture = try TestSupport.fixture("trl-dpo.json", as: Fixture.self)
    let result = evaluatePreferences(
      policy: fixture.chosen_logps + fixture.rejected_logps,
      reference: fixture.ref_chosen_logps + fixture.ref_rejected_logps,
      loss: DPOLoss(beta: fixture.beta))
    #expect(result.pairs == 4)
    #expect(abs(result.loss - fixture.trl_sigmoid.reduce(0, +) / 4) < 1e-6)
    #expect(abs(result.chosenReward - fixture.chosenReward) < 1e-8)
    #expect(abs(result.rejectedReward - fixture.rejectedReward) < 1e-8)
    #expect(abs(result.margin - fixture.margin) < 1e-8)
    // Two of the four are ties, and ties are wrong.
    #expect(result.accuracy == fixture.accuracy)
  }

  @Test func heldOutMetricsCarryTheNamesOfTRL() {
    let result = evaluatePreferences(
      policy: [-1, -2], reference: [-2, -2], loss: DPOLoss(beta: 1))
    #expect(
      result.logged == [
        "eval/loss": log(1 + exp(-1)), "eval/rewards/accuracies": 1, "eval/rewards/margins": 1,
        "eval/rewards/chosen": 1, "eval/rewards/rejected": 0,
      ])
  }
}
