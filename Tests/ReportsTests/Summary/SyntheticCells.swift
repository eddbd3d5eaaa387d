import ExactTheory
import LanguageModel
import Optimizers
import Reports
import Workbench

/// Cells with numbers chosen by hand, three seeds of two arms.
enum SyntheticCells {
  static let facts = SpecificationFacts(
    question: "synthetic", title: "Synthetic <title>", expectation: "A & B", task: "aspect-reviews",
    model: "tiny", parameterCount: 1000, seeds: [1, 2, 3], beta: 0.3,
    arms: [
      ArmFacts(name: "PPO", method: "ppo", settings: "cliprange 0.2"),
      ArmFacts(name: "DPO", method: "dpo", settings: "defaults"),
    ], command: "make experiment")

  /// Golds of each seed at the three evaluations of an arm.
  static let ppo = [[1.0, 1.5, 2.0], [1.2, 1.6, 2.6], [0.8, 1.4, 2.3]]
  static let dpo = [[1.0, 1.4, 1.7], [1.2, 1.8, 2.0], [0.8, 1.1, 0.3]]

  static var cells: [CellRecord] {
    zip(ppo, dpo).enumerated().flatMap { index, golds in
      [
        cell("PPO", "ppo", seed: index + 1, golds: golds.0),
        cell("DPO", "dpo", seed: index + 1, golds: golds.1),
      ]
    }
  }

  static func cell(_ arm: String, _ method: String, seed: Int, golds: [Double]) -> CellRecord {
    var record = CellRecord(question: "synthetic", arm: arm, method: method, seed: seed)
    record.evaluations = golds.enumerated().map { place, gold in
      EvaluationRow(
        step: 10 * place,
        cost: Cost(labels: 5, tokensForward: 100 * place, flops: 1e9 * Double(place)),
        values: [
          "eval/gold_reward": gold, "eval/kl": Double(place), "eval/eos_rate": 1,
          "eval/gold/coverage": gold / 2, "eval/win_rate": 0.5, "eval/proxy_reward": gold - 1,
        ])
    }
    record.training = (0...4).map { step in
      MetricsRow(
        step: step,
        values: [
          "loss": 0.7, "grad_norm": step == 0 ? 100 : Double(step), "noise/gradient_power": 2,
          "noise/covariance_trace": 6, "policy/approxkl_avg": 0.01,
        ])
    }
    record.certificate = [
      CertificateCheck(
        name: "loss", expected: 0.5, measured: 0.5 + 0.1 * Double(seed), tolerance: 0.25)
    ]
    record.cost = Cost(labels: 5, tokensForward: 200, flops: 2e9)
    record.samples = [
      SampleRecord(
        prompt: "a", completion: "b <c>", gold: 1, referenceCompletion: "d", referenceGold: 0)
    ]
    return record
  }
}
