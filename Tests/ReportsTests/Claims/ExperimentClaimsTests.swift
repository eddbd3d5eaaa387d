import Foundation
import Reports
import Testing
import Workbench

@Suite struct ExperimentClaimsTests {
  private func claims(_ summary: ExperimentSummary) -> [String: Claim] {
    Dictionary(uniqueKeysWithValues: experimentClaims(summary).map { ($0.id, $0) })
  }

  private let synthetic = summarize(SyntheticCells.cells, facts: SyntheticCells.facts)

  /// The committed summary of the main experiment.
  private func rewardCurves() throws -> ExperimentSummary {
    let tests = URL(filePath: #filePath).deletingLastPathComponent()
    let file = tests.appending(path: "../../../results/reward-curves/summary.json").standardized
    return try decodeRecord(ExperimentSummary.self, from: Data(contentsOf: file))
  }

  @Test func intervalsAboveZeroReproduce() throws {
    // PPO − SFT by seed: 1.0, 1.4, 1.5, far from zero.
    let claim = try #require(claims(synthetic)["synthetic.ppo-above-sft"])
    #expect(claim.verdict == .reproduced && claim.tier == .empirical)
    #expect(abs((claim.effect ?? 0) - 1.3) < 1e-4)
    #expect(claim.seeds == 3 && claim.command == "make experiment")
    #expect(!claim.failsBuild)
  }

  @Test func intervalsAroundZeroLeaveOpen() throws {
    // DPO − SFT by seed: 0.7, 0.8, −0.5.
    let claim = try #require(claims(synthetic)["synthetic.dpo-above-sft"])
    #expect(claim.verdict == .inconclusive)
    #expect((claim.interval?[0] ?? 0) < 0 && (claim.interval?[1] ?? 0) > 0)
  }

  @Test func differencesAreTurnedTheWayOfTheClaim() throws {
    // Stored as PPO − DPO = 0.3, 0.6, 2.0; claimed as DPO above PPO.
    let claim = try #require(claims(synthetic)["synthetic.dpo-above-ppo"])
    #expect(abs((claim.effect ?? 0) + (0.3 + 0.6 + 2.0) / 3) < 1e-4)
    let ends = try #require(claim.interval)
    #expect(ends[0] < ends[1] && ends[0] < (claim.effect ?? 0))
  }

  @Test func whatAnExperimentLacksIsNotClaimed() {
    let claims = claims(synthetic)
    #expect(claims["synthetic.ppo-gt-above-ppo"] == nil)
    #expect(claims["synthetic.reward-model-near-bayes"] == nil)
    #expect(claims["synthetic.dpo-above-ppo-at-1-nat"] != nil)
  }

  @Test func oneSeedDecidesNothing() {
    let cells = SyntheticCells.cells.filter { $0.seed == 1 }
    let claims = experimentClaims(summarize(cells, facts: SyntheticCells.facts))
    #expect(!claims.isEmpty)
    for claim in claims {
      #expect(claim.verdict == .inconclusive && claim.interval == nil)
    }
  }

  @Test func theMainExperimentSaysWhatItsSummarySays() throws {
    // Read off results/reward-curves/summary.json by hand.
    let claims = claims(try rewardCurves())
    let verdicts: [String: ClaimVerdict] = [
      "ppo-above-sft": .reproduced, "dpo-above-sft": .reproduced, "ppo-gt-above-ppo": .reproduced,
      "dpo-above-ppo": .contradicted, "dpo-above-ppo-gt": .contradicted,
      "dpo-above-ppo-at-1-nat": .inconclusive, "dpo-above-ppo-gt-at-1-nat": .contradicted,
      "reward-model-near-bayes": .reproduced,
    ]
    #expect(claims.count == verdicts.count)
    for (name, verdict) in verdicts {
      #expect(claims["reward-curves.\(name)"]?.verdict == verdict, "\(name)")
    }
    #expect(claims["reward-curves.dpo-above-ppo"]?.effect == -0.41275)
    #expect(claims["reward-curves.dpo-above-ppo"]?.interval == [-0.56562, -0.25987])
    #expect(claims["reward-curves.dpo-above-ppo-at-1-nat"]?.interval == [-0.17166, 0.10212])
  }

  @Test func committedClaimsAreThoseOfTheCommittedSummary() throws {
    let tests = URL(filePath: #filePath).deletingLastPathComponent()
    let folder = tests.appending(path: "../../../results/reward-curves").standardized
    #expect(try ClaimFile(in: folder) == ClaimFile(experimentClaims(try rewardCurves())))
  }
}
