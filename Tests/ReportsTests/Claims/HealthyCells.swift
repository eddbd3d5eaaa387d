import LanguageModel
import Reports
import Workbench

/// Cells of sound runs with numbers chosen by hand: six seeds of PPO and DPO from one start a seed.
enum HealthyCells {
  static func facts(margin: Double? = nil, dpoBeta: Double = 0.3) -> SpecificationFacts {
    SpecificationFacts(
      question: "healthy", title: "Healthy", expectation: "", task: "aspect-reviews",
      model: "tiny", parameterCount: 1000, seeds: Array(1...6), beta: 0.3,
      arms: [
        ArmFacts(name: "PPO", method: "ppo", settings: "defaults", beta: 0.3),
        ArmFacts(name: "DPO", method: "dpo", settings: "defaults", beta: dpoBeta),
      ], command: "make experiment", equivalenceMargin: margin)
  }

  /// Gains over the reference in gold reward: PPO 1.5 and DPO 1, a little more or less at each seed.
  static let wobble = [0.1, -0.1, 0.2, -0.2, 0.05, -0.05]

  static func cells(ppo: Double = 1.5, dpo: Double = 1, seeds: Int = 6) -> [CellRecord] {
    wobble.prefix(seeds).enumerated().flatMap { index, wobble in
      let start = 1 + 0.1 * Double(index)
      return [
        cell("PPO", seed: index + 1, start: start, gain: ppo + wobble),
        cell("DPO", seed: index + 1, start: start, gain: dpo - wobble * wobble),
      ]
    }
  }

  /// Evaluations at the start, near 1 nat, and at the end.
  static func cell(_ arm: String, seed: Int, start: Double, gain: Double) -> CellRecord {
    var record = CellRecord(question: "healthy", arm: arm, method: arm.lowercased(), seed: seed)
    let kls = [0, 0.9 + 0.01 * Double(seed), 1.5]
    record.evaluations = kls.enumerated().map { place, kl in
      EvaluationRow(
        step: 10 * place, cost: Cost(labels: 5, flops: 1e9 * Double(place)),
        values: [
          "eval/gold_reward": start + gain * Double(place) / 2, "eval/kl": kl, "eval/eos_rate": 1,
        ])
    }
    record.certificate = [CertificateCheck(name: "ratio", expected: 1, measured: 1)]
    record.dataHashes = ["pairs": "p\(seed)", "prompts": "q\(seed)", "reference": "r\(seed)"]
    return record
  }

  static var summary: ExperimentSummary { summarize(cells(), facts: facts()) }
}

extension ExperimentSummary {
  /// The summary with differences in J that are those in gold, as where both arms end at one KL.
  var withObjective: ExperimentSummary {
    var summary = self
    let ofGold = comparisons.filter { $0.metric == "eval/gold_reward" }
    summary.comparisons =
      ofGold
      + ofGold.map { row in
        var row = row
        row.metric = "eval/gold_objective"
        return row
      }
    return summary
  }

  /// The claims by what follows the experiment's name in their ids.
  var claimsByName: [String: Claim] {
    Dictionary(
      uniqueKeysWithValues: experimentClaims(self).map { claim in
        (String(claim.id.drop { $0 != "." }.dropFirst()), claim)
      })
  }
}
