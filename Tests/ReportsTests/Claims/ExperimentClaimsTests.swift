import Evaluation
import Foundation
import Reports
import Testing
import Workbench

@Suite struct ExperimentClaimsTests {
  private let healthy = HealthyCells.summary.claimsByName

  /// The committed summary of the main experiment.
  private func rewardCurves() throws -> ExperimentSummary {
    let tests = URL(filePath: #filePath).deletingLastPathComponent()
    let file = tests.appending(path: "../../../results/reward-curves/summary.json").standardized
    return try decodeRecord(ExperimentSummary.self, from: Data(contentsOf: file))
  }

  @Test func effectsFarFromZeroReproduce() throws {
    // PPO − SFT by seed: 1.5 and the wobble, whose sum is zero and whose sum of squares is 0.105.
    let claim = try #require(healthy["ppo-above-sft"])
    #expect(claim.verdict == .reproduced && claim.tier == .empirical && !claim.failsBuild)
    #expect(abs((claim.effect ?? 0) - 1.5) < 1e-4 && claim.seeds == 6)
    let deviation = (0.105 / 5).squareRoot()
    let t = 1.5 / (deviation / 6.0.squareRoot())
    let expected = 2 * studentProbability(below: -t, degreesOfFreedom: 5)
    #expect(abs((claim.p ?? 0) / expected - 1) < 0.01)
    #expect(claim.family == "healthy" && claim.arms == ["PPO", "SFT"])
    #expect(claim.command == "make experiment" && claim.rule.contains("Holm"))
  }

  @Test func differencesAreTurnedTheWayOfTheClaim() throws {
    // PPO − DPO is 0.5 and the wobble and its square, whose mean is 0.0175; claimed is DPO above PPO.
    let claim = try #require(healthy["dpo-above-ppo"])
    #expect(abs((claim.effect ?? 0) + 0.5175) < 1e-4 && claim.verdict == .contradicted)
    let ends = try #require(claim.interval)
    #expect(ends[0] < ends[1] && ends[1] < 0)
  }

  @Test func theObjectiveIsClaimedAboutWhereItWasMeasured() throws {
    let claim = try #require(
      HealthyCells.summary.withObjective.claimsByName["ppo-above-dpo-in-j"])
    #expect(abs((claim.effect ?? 0) - 0.5175) < 1e-4 && claim.verdict == .reproduced)
    #expect(claim.metric == "eval/gold_objective of the last evaluation, PPO − DPO")
    var without = HealthyCells.summary
    without.comparisons.removeAll { $0.metric == "eval/gold_objective" }
    #expect(without.claimsByName["ppo-above-dpo-in-j"] == nil)
    #expect(without.claimsByName["dpo-above-ppo"] != nil)
  }

  @Test func whatAnExperimentLacksIsNotClaimed() {
    #expect(healthy["ppo-gt-above-ppo"] == nil && healthy["reward-model-near-bayes"] == nil)
    #expect(healthy["dpo-above-ppo-at-1-nat"] == nil, "one training's path is no frontier")
  }

  @Test func smallDifferencesAreLeftOpenUnlessAMarginWasStated() throws {
    let cells = HealthyCells.cells(ppo: 1.02, dpo: 1)
    let open = summarize(cells, facts: HealthyCells.facts()).claimsByName
    #expect(open["dpo-above-ppo"]?.verdict == .inconclusive)
    let stated = summarize(cells, facts: HealthyCells.facts(margin: 0.5)).claimsByName
    #expect(stated["dpo-above-ppo"]?.verdict == .equivalent)
    let narrow = summarize(cells, facts: HealthyCells.facts(margin: 0.05)).claimsByName
    #expect(narrow["dpo-above-ppo"]?.verdict == .inconclusive)
    // A real difference stays one, whatever the margin.
    #expect(stated["ppo-above-sft"]?.verdict == .reproduced)
  }

  @Test func oneSeedDecidesNothing() {
    let claims = experimentClaims(
      summarize(HealthyCells.cells(seeds: 1), facts: HealthyCells.facts()))
    #expect(!claims.isEmpty)
    for claim in claims { #expect(claim.verdict == .void && claim.interval == nil) }
  }

  @Test func theMainExperimentSaysWhatItsSummarySays() throws {
    // Read off results/reward-curves/summary.json by hand.
    let claims = try rewardCurves().claimsByName
    let verdicts: [String: ClaimVerdict] = [
      "ppo-above-sft": .reproduced, "dpo-above-sft": .reproduced, "ppo-gt-above-ppo": .reproduced,
      "dpo-above-ppo": .contradicted, "dpo-above-ppo-gt": .contradicted,
      "reward-model-near-bayes": .reproduced,
    ]
    for (name, verdict) in verdicts { #expect(claims[name]?.verdict == verdict, "\(name)") }
  }
}
