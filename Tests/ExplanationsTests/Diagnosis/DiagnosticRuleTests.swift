import Datasets
import Explanations
import Foundation
import TestSupport
import Testing
import Training
import Workbench

/// Each rule on histories that are written by hand: one that has the symptom and its healthy twin.
@Suite struct DiagnosticRuleTests {
  /// A run of PPO in which nothing is wrong, twenty iterations of 64 rollouts.
  static func healthyPPO(_ change: (Int, inout [String: Double]) -> Void = { _, _ in })
    -> MetricsHistory
  {
    let rows = (0...20).map { step in
      let progress = Double(step) / 20
      var values = [
        "objective/kl": step < 2 ? 0 : 2 * progress, "objective/kl_k3": step < 2 ? 0 : 2 * progress,
        "objective/non_score_reward": step < 2 ? 0 : -0.2 * progress,
        "val/ratio": step == 0 ? 1 : 1.002, "policy/approxkl_avg": step == 0 ? 0 : 0.01,
        "loss/policy_avg": step == 0 ? 0.01 : -0.01, "val/advantages_mean": 0.8 - progress,
        "val/advantages_std": 1.2, "val/explained_variance": 0.6 * progress,
        "grad_norm": 0.5, "grad_norm/value": 0.02, "val/num_eos_tokens": 60,
        "episode": Double(64 * max(step, 1)),
      ]
      change(step, &values)
      return MetricsRow(step: step, values: values)
    }
    return MetricsHistory(name: "ppo", rows: rows)
  }

  /// A run of DPO on sampled labels.
  static func healthyDPO(_ change: (Int, inout [String: Double]) -> Void = { _, _ in })
    -> MetricsHistory
  {
    let rows = (0...40).map { step in
      let progress = Double(step) / 40
      var values = [
        "loss": 0.693 - 0.15 * progress,
        "rewards/accuracies": step == 0 ? 0 : 0.6 + 0.15 * progress,
        "rewards/margins": 0.5 * progress, "logps/chosen": -20 - progress,
      ]
      change(step, &values)
      return MetricsRow(step: step, values: values)
    }
    return MetricsHistory(name: "dpo", rows: rows)
  }

  static func symptoms(_ history: MetricsHistory) -> [GallerySymptom] {
    Diagnosis(of: history).findings.map(\.symptom)
  }

  @Test func nothingIsFoundInHealthyRuns() {
    #expect(Self.symptoms(Self.healthyPPO()).isEmpty)
    #expect(Self.symptoms(Self.healthyDPO()).isEmpty)
    let text = DiagnosisDocument([Self.healthyPPO()]).text
    #expect(text == "ppo: nothing found")
  }

  static let sick:
    [(symptom: GallerySymptom, history: @Sendable () -> MetricsHistory, metric: String)] = [
      (
        .padIsEnd, { healthyPPO { $1["val/num_eos_tokens"] = 900 } }, "val/num_eos_tokens"
      ),
      (
        .noisyLogProbabilities,
        {
          healthyPPO {
            guard $0 == 0 else { return }
            ($1["objective/kl_k3"], $1["objective/kl"]) = (0.1, 0.02)
            $1["policy/approxkl_avg"] = 0.01
          }
        }, "objective/kl_k3"
      ),
      (
        .temperatureMismatch, { healthyPPO { if $0 == 0 { $1["policy/approxkl_avg"] = 0.04 } } },
        "policy/approxkl_avg"
      ),
      (
        .aliasedReference,
        {
          healthyPPO {
            ($1["objective/kl"], $1["objective/kl_k3"]) = (0, 0)
            $1["objective/non_score_reward"] = 0
            _ = $0
          }
        }, "objective/kl"
      ),
      (
        .klCoefficientZero, { healthyPPO { $1["objective/non_score_reward"] = 0 } },
        "objective/non_score_reward"
      ),
      (
        .noAdvantageWhitening, { healthyPPO { if $0 == 0 { $1["loss/policy_avg"] = -0.8 } } },
        "loss/policy_avg"
      ),
      (
        .learningRateTooHigh, { healthyPPO { if $0 == 2 { $1["policy/approxkl_avg"] = 6 } } },
        "policy/approxkl_avg"
      ),
      (
        .valueCoefficientWrong,
        {
          healthyPPO {
            guard $0 == 0 else { return }
            ($1["grad_norm"], $1["grad_norm/value"]) = (12.5, 12.4)
          }
        }, "grad_norm/value"
      ),
      (
        .deterministicLabels,
        {
          healthyDPO {
            $1["loss"] = 0.693 * exp(-Double($0) / 8)
            if $0 > 0 { $1["rewards/accuracies"] = 0.99 }
          }
        }, "loss"
      ),
      (
        .chosenFalling, { healthyDPO { $1["logps/chosen"] = -20 - Double($0) / 2 } },
        "logps/chosen"
      ),
    ]

  @Test func everySymptomHasARuleAndAnExample() {
    #expect(Set(Self.sick.map(\.symptom)) == Set(GallerySymptom.allCases))
    #expect(Set(Diagnosis.rules.map(\.symptom)) == Set(GallerySymptom.allCases))
    #expect(Diagnosis.rules.count == GallerySymptom.allCases.count)
  }

  @Test(arguments: sick.indices) func everySymptomIsFoundAloneWithItsEvidence(index: Int) throws {
    let (symptom, history, metric) = Self.sick[index]
    let findings = Diagnosis(of: history()).findings
    #expect(findings.map(\.symptom) == [symptom])
    let finding = try #require(findings.first)
    #expect(finding.evidence.metric == metric && finding.evidence.value.isFinite)
    #expect(!finding.evidence.rule.isEmpty && !finding.remedy.isEmpty)
    #expect(finding.entry == "experiments/gallery/README.md#\(symptom.rawValue)")
    let text = DiagnosisDocument([history()]).text
    #expect(
      text.contains(finding.sentence) && text.contains(metric) && text.contains(finding.entry))
  }

  @Test func rulesAreSilentWithoutTheirMetrics() {
    for row in [["loss": 3.0], ["objective/kl": 9], ["val/ratio": 5], [:]] {
      let rows = (1...8).map { MetricsRow(step: $0, values: row) }
      #expect(Self.symptoms(MetricsHistory(name: "x", rows: rows)).isEmpty)
    }
  }

  @Test func numbersThatAreNoneAreLeftOut() {
    let history = MetricsHistory(
      name: "x",
      rows: [
        MetricsRow(step: 0, values: ["a": .nan]), MetricsRow(step: 1, values: ["a": 2]),
        MetricsRow(step: 2, values: ["b": 3]),
      ])
    #expect(history.points(MetricKey("a")) == [MetricsHistory.Point(step: 1, value: 2)])
    #expect(
      history.beforeTraining(MetricKey("a")) == nil && history.lastQuarter(MetricKey("a")) == nil)
    #expect(history.median(MetricKey("a")) == 2 && history.median(MetricKey("c")) == nil)
  }

  @Test func theGalleryHasAnEntryForEverySymptom() throws {
    let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent().deletingLastPathComponent()
    let gallery = root.appending(path: "experiments/gallery")
    let readme = try String(contentsOf: gallery.appending(path: "README.md"), encoding: .utf8)
    for name in GallerySymptom.allCases.map(\.rawValue) + ["healthy-ppo", "healthy-dpo"] {
      let specification = try ExperimentSpecification(contentsOf: gallery.appending(path: name))
      #expect(specification.arms.count == 1 && specification.seeds.values.count == 2)
      #expect(readme.contains("## \(name)"), "\(name)")
    }
  }
}

@Suite struct MetricsHistoryTests {
  private func read(_ text: String) throws(DataError) -> MetricsHistory {
    try MetricsHistory(Data(text.utf8), name: "log")
  }

  @Test func linesAreRows() throws {
    let history = try read(#"{"step":0,"a":1}"# + "\n" + #"{"a":2.5,"step":3,"b":"NaN"}"# + "\n")
    #expect(history.rows.map(\.step) == [0, 3])
    #expect(
      history.points(MetricKey("a")).map(\.value) == [1, 2.5]
        && history.points(MetricKey("b")).isEmpty)
  }

  @Test func trainerStatesOfTransformersAreRead() throws {
    let history = try read(
      #"{"epoch": 1.0, "log_history": [{"step": 10, "loss": 0.6, "rewards/margins": 0.1}, {"step": 20, "loss": 0.5}], "max_steps": 20}"#
    )
    #expect(history.points(MetricKey("loss")).map(\.step) == [10, 20])
    #expect(history.points(MetricKey("rewards/margins")).count == 1)
  }

  @Test(arguments: ["", "{}", "a\nb", #"{"log_history": 3}"#, #"{"loss": 1}"#, "[1]"])
  func whatIsNoLogIsRefused(text: String) {
    #expect(throws: DataError.self) { try read(text) }
  }

  @Test func foldersAreSearchedForLogs() throws {
    try inTemporaryFolder { folder in
      #expect(throws: MissingInput.self) { try MetricsHistory.all(at: folder) }
      #expect(throws: MissingInput.self) {
        try MetricsHistory.all(at: folder.appending(path: "none"))
      }
      for path in ["seed-1/ppo", "seed-1/sft", "seed-2/ppo", "seed-1/reward"] {
        let cell = folder.appending(path: path)
        try FileManager.default.createDirectory(at: cell, withIntermediateDirectories: true)
        try Data(#"{"step":1,"a":1}"#.utf8).write(to: cell.appending(path: "metrics.jsonl"))
      }
      let all = try MetricsHistory.all(at: folder)
      #expect(all.map(\.name) == ["seed-1/ppo", "seed-2/ppo"])
      let one = try MetricsHistory.all(at: folder.appending(path: "seed-1/sft"))
      #expect(one.count == 1)
      let file = folder.appending(path: "seed-1/ppo/metrics.jsonl")
      #expect(try MetricsHistory.all(at: file).count == 1)
    }
  }
}
