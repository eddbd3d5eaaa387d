import ExactTheory
import Foundation
import LanguageModel
import Reports
import TestSupport
import Workbench

/// Two seeds of three arms with numbers so round that every mean and interval can be done by hand.
///
/// With two values a and b Student's interval is (a + b)/2 ± 12.7062·|a − b|/2.
enum HandCells {
  static let facts = SpecificationFacts(
    question: "by-hand", title: "Hand & <made>", expectation: "1 < 2", task: "aspect-reviews",
    model: "tiny", parameterCount: 1234, seeds: [1, 2], beta: 0.25,
    arms: [
      ArmFacts(name: "PPO", method: "ppo", settings: "kl_coef 0.25"),
      ArmFacts(name: "DPO", method: "dpo", settings: "beta 0.25"),
      ArmFacts(name: "best-of-n", method: "best-of-n", settings: "n 1, 4"),
    ], command: "make \"it\"")

  /// The same without a simulation of what intervals cover, which takes a moment.
  static var factsOfOneSeed: SpecificationFacts {
    var facts = facts
    facts.seeds = [1]
    return facts
  }

  /// The half-width of the interval for each unit that two values lie apart, tan(0.475·π)/2.
  static let margin = tan(0.475 * Double.pi) / 2

  static var cells: [CellRecord] {
    [
      cell("PPO", seed: 1, golds: [1, 2, 3], kls: [0, 1, 3], gflops: [0, 1, 2]),
      cell("PPO", seed: 2, golds: [1, 4, 5], kls: [0, 2, 5], gflops: [0, 3, 4]),
      cell("DPO", seed: 1, golds: [1, 3, 4], kls: [0, 0.5, 1], gflops: [0, 0.5, 1]),
      cell("DPO", seed: 2, golds: [1, 3, 4], kls: [0, 0.5, 2], gflops: [0, 0.5, 1]),
      cell("best-of-n", seed: 1, golds: [1, 2, 6], kls: [0, 0, 0.5], gflops: [0, 1, 4]),
      cell("best-of-n", seed: 2, golds: [1, 3, 6], kls: [0, 0, 0.5], gflops: [0, 1, 4]),
      fineTuning(seed: 1), fineTuning(seed: 2), reward(seed: 1), reward(seed: 2),
    ]
  }

  static func cell(
    _ arm: String, seed: Int, golds: [Double], kls: [Double], gflops: [Double]
  ) -> CellRecord {
    var record = CellRecord(question: "by-hand", arm: arm, method: arm.lowercased(), seed: seed)
    record.evaluations = golds.indices.map { place in
      EvaluationRow(
        step: 10 * place, cost: Cost(labels: 5 * place, flops: 1e9 * gflops[place]),
        values: [
          "eval/gold_reward": golds[place], "eval/gold_reward_se": 0.1, "eval/kl": kls[place],
          "eval/eos_rate": 1, "eval/gold/coverage": golds[place] / 2, "eval/gold/length": -1,
          "eval/proxy_reward": golds[place] - Double(seed),
        ])
    }
    record.cost = Cost(
      labels: 10 * seed, tokensForward: 3_000_000, tokensBackward: 1000, rollouts: 6 + seed,
      flops: 2e9 * Double(seed))
    record.training = arm == "best-of-n" ? [] : training(of: arm, seed: seed)
    record.certificate = [
      CertificateCheck(name: "ratio", expected: 1, measured: 1),
      CertificateCheck(
        name: "loss <ln 2>", expected: 0.7, measured: seed == 1 ? 0.7 : 0.5, tolerance: 0.01),
    ]
    record.samples = [
      SampleRecord(
        prompt: "p", completion: "<\(arm)> \(seed)", gold: 1.234, referenceCompletion: "\"r\"",
        referenceGold: -0.5)
    ]
    return record
  }

  /// 120 rows, two of them a point of a figure; the row of step zero describes the start.
  private static func training(of arm: String, seed: Int) -> [MetricsRow] {
    (0..<120).map { step in
      var values = ["grad_norm": Double(seed), "loss": 0.5]
      if arm == "DPO" {
        values["rewards/chosen"] = Double(step + 2 * seed)
        values["rewards/rejected"] = -1
      } else {
        values["policy/approxkl_avg"] = step == 0 ? 9 : 0.01 * Double(seed)
        values["val/ratio_max"] = step == 7 ? 1.5 : 1.1
        values["val/ratio_min"] = step == 9 ? 0.5 : 0.9
      }
      return MetricsRow(step: step, values: values)
    }
  }

  private static func fineTuning(seed: Int) -> CellRecord {
    var record = CellRecord(question: "by-hand", arm: "sft", method: "sft", seed: seed)
    record.training = [
      MetricsRow(step: 0, values: ["loss": 4]),
      MetricsRow(step: 1, values: ["loss": seed == 1 ? 2 : 3]),
      MetricsRow(step: 2, values: ["loss": seed == 1 ? .nan : 1]),
    ]
    return record
  }

  private static func reward(seed: Int) -> CellRecord {
    var record = CellRecord(question: "by-hand", arm: "reward", method: "reward", seed: seed)
    var model = RewardModelSummary()
    (model.trainAccuracy, model.testAccuracy) = (0.9, seed == 1 ? 0.6 : 0.8)
    (model.trainBayesAccuracy, model.testBayesAccuracy) = (0.85, 0.8)
    (model.pearson, model.spearman, model.expectedCalibrationError) = (0.5, 0.25, 0.125)
    model.calibration = [
      CalibrationPoint(predicted: 0.5, observed: 0.25, count: 9),
      CalibrationPoint(predicted: 0.75, observed: 0.5 + 0.1 * Double(seed), count: 10),
    ]
    record.rewardModel = model
    return record
  }
}

/// The results of the cells made by hand, written once for all tests.
enum HandResults {
  private static let writing = Task {
    let folder = try TemporaryFolder()
    do {
      let summary = summarize(HandCells.cells, facts: HandCells.facts)
      try await writeResults(summary, cells: HandCells.cells, to: folder.url)
    } catch FigureError.noGnuplot {}
    return folder
  }

  static func text(_ name: String) async throws -> String {
    String(decoding: try await writing.value.data(name), as: UTF8.self)
  }

  static func exists(_ name: String) async throws -> Bool {
    let folder = try await writing.value
    return FileManager.default.fileExists(atPath: folder.url.appending(path: name).path)
  }

  /// The points of each series of a figure, as `[x, y, low, high]`.
  static func series(of figure: String) async throws -> [[[Double]]] {
    let lines = try await text("\(figure).csv").split(separator: "\n").dropFirst()
    let numbers = lines.map { $0.split(separator: ",").map { Double($0) ?? .nan } }
    let last = numbers.compactMap(\.first).max() ?? -1
    return stride(from: 0, through: last, by: 1).map { index in
      numbers.filter { $0[0] == index }.map { Array($0.dropFirst()) }
    }
  }
}

/// Whether points agree in the six digits that files keep.
func agree(_ found: [[Double]], _ expected: [[Double]]) -> Bool {
  found.count == expected.count
    && zip(found, expected).allSatisfy { point, wanted in
      point.count == wanted.count
        && zip(point, wanted).allSatisfy { abs($0 - $1) <= 1e-5 * max(1, abs($1)) }
    }
}

/// A mean of two values with its interval, after a place: `[x, y, low, high]`.
func point(_ x: Double, _ first: Double, _ second: Double) -> [Double] {
  let (mean, margin) = ((first + second) / 2, HandCells.margin * abs(first - second))
  return [x, mean, mean - margin, mean + margin]
}

/// A point without an interval.
func bare(_ x: Double, _ y: Double) -> [Double] { [x, y, y, y] }
