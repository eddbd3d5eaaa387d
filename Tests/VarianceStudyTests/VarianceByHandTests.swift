import ExactTheory
import Foundation
import LanguageModel
import Optimizers
import Reports
import TestSupport
import Testing
import Training
import VarianceStudy
import Workbench

/// One evaluation of a training: its objective, and how far the policy is from the optimum.
private func row(
  _ step: Int, suboptimality: Double, objective: Double, rollouts: Int = 0
) -> EvaluationRow {
  EvaluationRow(
    step: step, cost: Cost(rollouts: rollouts),
    values: ["eval/suboptimality": suboptimality, "eval/objective": objective])
}

private let head = """
  task: {name: enumerable-language, words: 3, maximum_words: 2}
  model: {num_hidden_layers: 1, hidden_size: 16, num_attention_heads: 2, max_length: 8}
  seeds: 2
  beta: 0.5
  data: {demonstrations: 32, pairs: 16, test_pairs: 4}
  sft: {max_steps: 2, per_device_train_batch_size: 8}
  evaluation: {prompts: 4, checkpoints: 1, samples: 1}

  """

/// Reads a specification from its text.
private func read(_ yaml: String) throws -> ExperimentSpecification {
  try ExperimentSpecification(yaml: yaml, file: "e.yaml", name: "question")
}

/// The variance results of cells whose numbers are made by hand, written once for all tests.
private enum HandVariance {
  static let made = Task {
    let folder = try TemporaryFolder()
    let results = try await VarianceResults(
      model: model(folder.url.appending(path: "model")),
      training: training(folder.url.appending(path: "training")), samples: 200)
    do { try await results.write(to: folder.url.appending(path: "results")) } catch FigureError
      .noGnuplot
    {}
    return (folder: folder, results: results)
  }

  static func text(_ name: String) async throws -> String {
    String(decoding: try await made.value.folder.data("results/\(name)"), as: UTF8.self)
  }

  /// Real references, since the noise of single gradients is measured at them; cells by hand.
  private static func model(_ folder: URL) async throws -> ExperimentRunner {
    let runner = try ExperimentRunner(
      read(head + "arms: [{name: exact ascent, exact-ascent: {max_steps: 1}}]"), folder: folder)
    try await runner.run(jobs: 1)
    try write(runner) { _, seed in
      let s = Double(seed)
      return (0...1).map { place in
        EvaluationRow(
          step: 5 * place, cost: Cost(),
          values: [
            "eval/suboptimality": place == 0 ? 1 : 0.25, "gradient/trcov/none": 4 * s,
            "gradient/trcov/soft-value": place == 0 ? 2 : 0.001, "gradient/squared_norm": 2,
            "gradient/dpo/trcov": 1, "gradient/dpo/squared_norm": 0.5,
            "gradient/dpo/cosine": 0.4 + 0.1 * s, "gradient/value_error_power": 2 * s - 1,
            "gradient/baseline_power": 2,
          ])
      }
    }
    return runner
  }

  private static func training(_ folder: URL) throws -> ExperimentRunner {
    let ppo =
      "learning_rate: 0.25, rollouts_per_iteration: 8, num_mini_batches: 1, gradient_shards: 2"
    let arms = [
      ("none", "none", 0, false), ("soft value", "soft-value", 0, false),
      ("none +3", "none", 3, false), ("none whitened", "none", 0, true),
      ("batch mean", "batch-mean", 0, false), ("policy value", "policy-value", 0, false),
    ].map { name, baseline, offset, whitens in
      "  - {name: \(name), reward: gold, reward_offset: \(offset), "
        + "ppo: {baseline: \(baseline), whiten_advantages: \(whitens), \(ppo)}}"
    }
    let runner = try ExperimentRunner(
      read(head + "arms:\n" + arms.joined(separator: "\n")), folder: folder)
    let start = row(0, suboptimality: 1, objective: 0)
    let ends: [String: [[EvaluationRow]]] = [
      "none": [
        [start, row(10, suboptimality: 0.1, objective: 0.95, rollouts: 100)],
        [start, row(10, suboptimality: 0.01, objective: 0.5, rollouts: 100)],
      ],
      "soft value": [
        [start, row(10, suboptimality: 0.001, objective: 0.9, rollouts: 80)],
        [start, row(10, suboptimality: 0.001, objective: 0.9, rollouts: 80)],
      ],
      // The second seed met a number that was not finite before its first evaluation.
      "none +3": [[start, row(10, suboptimality: 1, objective: -0.5)], [start]],
      "none whitened": equal(to: 0.001), "batch mean": equal(to: 0.0011),
      "policy value": equal(to: 0.01),
    ]
    try write(runner) { arm, seed in ends[arm]?[seed - 1] ?? [] }
    return runner
  }

  /// Both seeds end equally far from the optimum.
  private static func equal(to suboptimality: Double) -> [[EvaluationRow]] {
    [[EvaluationRow]](
      repeating: [
        row(0, suboptimality: 1, objective: 0),
        row(10, suboptimality: suboptimality, objective: 0.9),
      ], count: 2)
  }

  /// Finishes every cell of a run with a record.
  private static func write(
    _ runner: ExperimentRunner, evaluations: (String, Int) -> [EvaluationRow]
  ) throws {
    for entry in runner.plan.entries {
      guard case .arm(let slug) = entry.cell.stage else {
        if !runner.store.isFinished(entry.cell, inputs: entry.inputs) {
          try write(
            CellRecord(question: "q", arm: "x", method: "sft", seed: entry.cell.seed), entry, runner
          )
        }
        continue
      }
      for arm in runner.specification.arms where arm.slug == slug {
        var record = CellRecord(
          question: "q", arm: arm.name, method: arm.method.name, seed: entry.cell.seed)
        record.evaluations = evaluations(arm.name, entry.cell.seed)
        if record.evaluations.count == 1 { record.outcome = .diverged(step: 1) }
        try write(record, entry, runner)
      }
    }
  }

  private static func write(
    _ record: CellRecord, _ entry: ExperimentPlan.Entry, _ runner: ExperimentRunner
  ) throws {
    try runner.store.write(entry.cell, inputs: entry.inputs) {
      try encodeRecord(record).write(to: $0.appending(path: "cell.json"))
    }
  }
}

/// Whether an estimate is the mean of two values with Student's interval, in five digits.
private func isMean(_ estimate: Estimate?, of first: Double, _ second: Double) -> Bool {
  guard let estimate, estimate.n == 2 else { return false }
  // With two values Student's interval is (a + b)/2 ± tan(0.475·π)·|a − b|/2.
  let (mean, margin) = ((first + second) / 2, tan(0.475 * Double.pi) * abs(first - second) / 2)
  return zip([estimate.mean, estimate.low, estimate.high], [mean, mean - margin, mean + margin])
    .allSatisfy { abs($0 - $1) < 1e-4 * max(1, abs($1)) }
}

@Suite struct TrainingActByHandTests {
  private func arm(_ name: String) async throws -> TrainingAct.Arm {
    let act = try await HandVariance.made.value.results.training
    return try #require(act.arms.first { $0.name == name })
  }

  @Test func endsAreMeansOfTheLastEvaluations() async throws {
    let none = try await arm("none")
    #expect(none.baseline == "none" && none.offset == 0 && none.learningRate == 0.25)
    #expect(none.estimator == "none")
    let whitened = try await arm("none whitened")
    #expect(whitened.baseline == "none" && whitened.estimator == "none whitened")
    #expect(isMean(none.suboptimality, of: 0.1, 0.01))
    #expect(isMean(none.logSuboptimality, of: -1, -2))
    #expect(isMean(none.objective, of: 0.95, 0.5))
    #expect(try await HandVariance.made.value.results.training.iterations == 10)
  }

  @Test func arrivalIsCountedOverTheSeedsThatArrived() async throws {
    let (none, soft) = (try await arm("none"), try await arm("soft value"))
    #expect(none.reached == 1 && none.seeds == 2)
    #expect(none.rolloutsToNinety.mean == 100 && none.rolloutsToNinety.n == 1)
    // Nine tenths exactly is an arrival.
    #expect(soft.reached == 2 && soft.rolloutsToNinety.mean == 80)
    #expect(try await arm("none +3").rolloutsToNinety.n == 0)
  }

  @Test func collapseIsAnEndBelowTheReferenceOrNone() async throws {
    #expect(try await arm("none").collapsed == 0)
    #expect(try await arm("none +3").collapsed == 2)
  }

  // Every estimator against the soft value at its offset and against its baseline alone, and an
  // offset against none of it.
  @Test func differencesAreOfTheLogarithmsPairedBySeed() async throws {
    let rows = try await HandVariance.made.value.results.training.differences
    #expect(
      rows.map { "\($0.first) − \($0.second)" } == [
        "none − soft value", "none +3 − none", "none whitened − none",
        "none whitened − soft value", "batch mean − soft value", "policy value − soft value",
      ])
    #expect(isMean(rows[0].logRatio, of: 2, 1) && isMean(rows[1].logRatio, of: 1, 2))
    #expect(isMean(rows[2].logRatio, of: -2, -1) && isMean(rows[3].logRatio, of: 0, 0))
    #expect(rows[...2].allSatisfy { $0.signFlipP == 0.5 })
  }

  // The ends of the arms without an offset, between the end of the fit and the reference.
  @Test func armsStandOnThePathWhereTheirDistanceIs() async throws {
    let results = try await HandVariance.made.value.results
    let places = results.ends.places
    #expect(places.first?.name == "end of the fit" && places.last?.remaining == 1)
    #expect(!places.contains { $0.name == "none +3" })
    let soft = try #require(places.first { $0.name == "soft value" })
    let none = try #require(places.first { $0.name == "none" })
    #expect(abs(soft.suboptimality - 0.001) < 1e-9 && abs(none.suboptimality - 0.055) < 1e-9)
    #expect(soft.remaining < none.remaining && none.remaining < 1)
    // Near the optimum the ratio grows as u⁻², on the way it is that of the path's curves.
    #expect(soft.noiseRatios.count == 5 && (soft.noiseRatios.min() ?? 0) > 10)
    func atReference(_ name: String) throws -> Double {
      let curve = try #require(results.exact.path.first { $0.name == name })
      #expect(curve.x.last.map { abs($0 - 1) < 1e-12 } == true)
      return try #require(curve.noiseToSignal.last)
    }
    let ratio = try atReference("none") / atReference("soft-value")
    #expect(abs((places.last?.noiseRatios.first ?? .nan) / ratio - 1) < 1e-4)
  }

  private func claim(_ name: String) async throws -> Claim {
    let claims = try await HandVariance.made.value.results.claims
    return try #require(claims.first { $0.id == "variance.training-\(name)" })
  }

  @Test func sameEndsAreClaimedWithinAMargin() async throws {
    let same = Criterion.near(0, margin: TrainingAct.margin)
    let batch = try await claim("batch-mean-vs-soft-value")
    #expect(batch.criterion == same && batch.rule.contains("±0.0969"))
    let value = try await claim("policy-value-vs-soft-value")
    #expect(value.criterion == same && value.effect == 1)
    let whitened = try await claim("none-whitened-vs-soft-value")
    #expect(whitened.criterion == .below(TrainingAct.margin) && whitened.effect == 0)
    #expect(try await claim("none-whitened-vs-none").criterion == .below(0))
  }

  @Test func thePaperIsCitedForWhatItSays() async throws {
    #expect(try await claim("none-vs-soft-value").source.contains("section 5.2"))
    for name in ["none-whitened-vs-soft-value", "none-3-vs-none", "batch-mean-vs-soft-value"] {
      #expect(try await claim(name).source == "own expectation: experiments/variance/README.md")
    }
  }

  @Test func twoSeedsDecideNothing() async throws {
    let claim = try await claim("none-vs-soft-value")
    #expect(claim.verdict == .void && claim.effect == 1.5 && claim.seeds == 2)
    #expect(claim.rule.hasPrefix("t test over seeds against 0, Holm"))
  }

  @Test func tableShowsTheEnds() async throws {
    let page = try await HandVariance.text("report.html")
    #expect(
      page.contains(
        "<tr><th>none</th><td>0.25</td><td>0.055 <small>[−0.517, 0.627]</small></td>"
          + "<td>0.725 <small>[−2.13, 3.58]</small></td><td>100</td><td>1 of 2</td>"
          + "<td>0 of 2</td></tr>"))
    #expect(page.contains("<td>–</td><td>0 of 2</td><td>2 of 2</td></tr>"))
    #expect(
      page.contains(
        "<tr><th>none − soft value</th><td>1.5 <small>[−4.85, 7.85]</small></td><td>0.5</td></tr>"))
  }

  @Test func curvesHoldThePlacesThatAllSeedsReached() async throws {
    let lines = try await HandVariance.text("curves.csv").split(separator: "\n").map(String.init)
    #expect(lines[0] == "act,arm,quantity,x,mean,low,high,n")
    let training = lines.filter { $0.hasPrefix("training,none,eval/suboptimality,") }
    #expect(training.count == 2)
    #expect(training[0] == "training,none,eval/suboptimality,0,1,1,1,2")
    #expect(lines.count { $0.hasPrefix("training,none +3,eval/suboptimality,") } == 1)
    // Values that no cell logged are no numbers.
    #expect(lines.contains("training,none,eval/kl_exact,10,NaN,NaN,NaN,0"))
  }
}

@Suite struct ModelActByHandTests {
  private func points() async throws -> [ModelAct.Point] {
    let act = try await HandVariance.made.value.results.model
    return try #require(act.arms.first { $0.name == "exact ascent" }).points
  }

  @Test func ratiosAreTakenWithinEachSeed() async throws {
    let points = try await points()
    #expect(points.map(\.step) == [0, 5])
    #expect(isMean(points[0].covarianceTraces["none"], of: 4, 8))
    #expect(isMean(points[0].noiseToSignal["none"], of: 2, 4))
    #expect(isMean(points[1].suboptimality, of: 0.25, 0.25))
    #expect(isMean(points[0].cosine, of: 0.5, 0.6))
    #expect(isMean(points[0].softValueOver["none"], of: 0.5, 0.25))
    #expect(points[0].softValueOver["soft-value"] == nil)
  }

  // β = 0.5: a trace of 1 is 4 per β², and 1 over 0.5 is a noise of 2.
  @Test func preferencesAreComparedInUnitsOfTheReward() async throws {
    let point = try await points()[0]
    #expect(isMean(point.preferenceCovarianceTrace, of: 4, 4))
    #expect(isMean(point.preferenceNoiseToSignal, of: 2, 2))
    #expect(isMean(point.valueError, of: 0.5, 1.5))
  }

  @Test func claimsCompareTheEndWithTheStart() async throws {
    let claims = try await HandVariance.made.value.results.claims
    func claim(_ name: String) throws -> Claim {
      try #require(claims.first { $0.id == "variance.model-\(name)" })
    }
    // 0.001 of 2 is below a hundredth; DPO's trace stays what it was.
    let vanishes = try claim("soft-value-noise-vanishes")
    #expect(vanishes.effect == 0.0005 && vanishes.verdict == .void)
    let remains = try claim("dpo-noise-remains")
    #expect(remains.effect == 1 && remains.verdict == .void)
    // 2 over 4 and over 8: at this reference the soft value is the less noisy one.
    let worst = try claim("soft-value-worst-at-reference")
    #expect(worst.effect == 0.375 && worst.verdict == .void)
    let cosine = try claim("dpo-points-along-policy-gradient")
    #expect(cosine.effect == 0.55 && cosine.verdict == .void)
    // Two seeds decide nothing.
    #expect(try claim("learned-value-is-good").reason == "2 paired seeds; 5 are needed")
    #expect(claims.filter { $0.id.contains("leave-one-out-4-noise") }.isEmpty)
  }

  // A token backward costs two forward, so one completion sampled, scored by policy and reference,
  // and learned from is 6 passes, a pair of DPO 8, and a pair of the reward model 6.
  @Test func unitsCostWhatTheirPassesDo() async throws {
    let units = try await HandVariance.made.value.results.model.units
    #expect(units.count == GradientEstimator.compared.count + 2)
    let rollout = try #require(units.first { $0.name == "rollout, no baseline" } ?? units.first)
    let pair = try #require(units.first { $0.name == "labelled pair, DPO" })
    let reward = try #require(units.first { $0.name == "labelled pair, reward model" })
    #expect(abs(pair.flops / rollout.flops - 8.0 / 6) < 1e-4)
    #expect(abs(reward.flops / rollout.flops - 1) < 1e-4)
    #expect(rollout.labels == 0 && pair.labels == 1 && reward.labels == 1)
    #expect(units.allSatisfy { $0.place == "reference" && $0.noiseScale.n == 2 })
  }

  @Test func summaryKeepsTheEndsWithoutTheRatios() async throws {
    let summary = try await HandVariance.made.value.results.summary
    #expect(summary.model[0].points.count == 2)
    #expect(summary.model[0].points.allSatisfy { $0.noiseToSignal.isEmpty })
    #expect(summary.model[0].points.allSatisfy { $0.softValueOver.isEmpty })
    let text = try await HandVariance.text("summary.json")
    #expect(text.contains(#""schema":"tandem.variance/2""#))
  }
}
