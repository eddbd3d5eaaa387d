import ExactTheory
import Foundation
import LanguageModel
import Reports
import Tasks
import Workbench

/// The cells made by hand as a run on a user's own pairs: no gold, and another judge or none.
enum JudgedCells {
  /// The facts of such a run; one seed spares a simulation of what intervals cover.
  static func facts(_ judge: Judge?) -> SpecificationFacts {
    SpecificationFacts(
      question: "own-pairs", title: "Own pairs", expectation: "", task: "pairs", model: "tiny",
      parameterCount: 1234, seeds: [1], beta: 0.1,
      arms: [
        ArmFacts(name: "PPO", method: "ppo", settings: "defaults"),
        ArmFacts(name: "DPO", method: "dpo", settings: "defaults"),
      ], command: "tandem run", judge: judge)
  }

  /// The cells of both arms and of the shared stages.
  static func cells(_ judge: Judge?, refereeAccuracy: Double = 0.5) -> [CellRecord] {
    let arms = HandCells.cells.filter { $0.method != "best-of-n" }
      .map { judged($0, by: judge) }
    return arms + [1, 2].map { referee(seed: $0, accuracy: refereeAccuracy) }
  }

  private static func judged(_ cell: CellRecord, by judge: Judge?) -> CellRecord {
    var cell = cell
    for place in cell.evaluations.indices {
      let old = cell.evaluations[place].values
      let isStart = place == 0
      var values: [String: Double] = [
        "eval/kl": old["eval/kl"] ?? .nan, "eval/eos_rate": 1.0, "eval/length": Double(10 + place),
        "eval/entropy": Double(5 - place), "eval/rewards/accuracies": isStart ? 0 : 0.6,
        "eval/reward_accuracy": 0.5 + 0.1 * Double(cell.seed),
        "eval/implicit_explicit_correlation": isStart ? .nan : 0.25 * Double(place),
        "eval/proxy_reward": old["eval/proxy_reward"] ?? .nan,
      ]
      if let judge {
        values[judge.rewardKey] = old["eval/gold_reward"]
        values[judge.rewardErrorKey] = 0.1
        values[judge.winRateKey] = 0.75
      }
      cell.evaluations[place].values = values
    }
    return cell
  }

  private static func referee(seed: Int, accuracy: Double) -> CellRecord {
    var record = CellRecord(question: "own-pairs", arm: "referee", method: "referee", seed: seed)
    var model = RewardModelSummary()
    (model.trainAccuracy, model.testAccuracy) = (0.95, accuracy)
    model.testPairs = 100
    model.calibration = [CalibrationPoint(predicted: 0.9, observed: 0.1, count: 100)]
    record.rewardModel = model
    record.training = [MetricsRow(step: 0, values: ["loss": 0.7])]
    return record
  }
}
