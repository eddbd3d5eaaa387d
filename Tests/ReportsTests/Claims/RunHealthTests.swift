import Reports
import Testing
import Workbench

/// Errors that were put in on purpose: none of them may leave a decided verdict.
@Suite struct RunHealthTests {
  @Test func soundRunsAreDecided() {
    let claims = HealthyCells.summary.claimsByName
    #expect(claims["ppo-above-sft"]?.verdict == .reproduced)
    #expect(claims["dpo-above-ppo"]?.verdict == .contradicted)
    #expect(claims.values.allSatisfy { $0.reason == nil && $0.verdict != .void })
  }

  @Test func everyCertificateFailedDivergedAndFarAwayIsVoid() {
    var summary = HealthyCells.summary
    for index in summary.certificate.indices { summary.certificate[index].passed = 0 }
    for index in summary.arms.indices {
      (summary.arms[index].completed, summary.arms[index].diverged) = (0, 6)
      summary.arms[index].final["eval/eos_rate"]?.mean = 0
      summary.arms[index].final["eval/kl"]?.mean = 500
    }
    let claims = summary.claimsByName
    #expect(!claims.isEmpty && claims.values.allSatisfy { $0.verdict == .void && $0.p == nil })
    #expect(claims["ppo-above-sft"]?.reason == "certificate failed: ratio")
  }

  @Test func eachAilmentAloneIsEnough() {
    func reason(_ change: (inout ExperimentSummary) -> Void) -> String? {
      var summary = HealthyCells.summary
      change(&summary)
      return summary.claimsByName["ppo-above-sft"]?.reason
    }
    #expect(reason { _ in } == nil)
    #expect(reason { $0.certificate[0].passed -= 1 } == "certificate failed: ratio")
    #expect(
      reason { ($0.arms[0].completed, $0.arms[0].diverged) = (0, 6) }
        == "PPO: 6 of 6 seeds diverged or collapsed")
    #expect(
      reason { $0.arms[0].collapsed = 2 } == "PPO: 2 of 6 seeds diverged or collapsed")
    #expect(
      reason { $0.arms[0].final["eval/kl"]?.mean = 500 } == "PPO: a KL of 500 nats, above 50.0")
    #expect(
      reason { $0.arms[0].final["eval/eos_rate"]?.mean = 0 } == "PPO: 0.00 % of its completions end"
    )
    // What ails DPO says nothing about PPO, and one lost seed of six is not many.
    #expect(reason { $0.arms[1].collapsed = 6 } == nil)
    #expect(reason { $0.arms[0].collapsed = 1 } == nil)
  }

  @Test func aFailedLineVoidsTheClaimsOfItsArmAlone() {
    var cells = HealthyCells.cells()
    cells[1].certificate = [CertificateCheck(name: "DPO loss", expected: 0, measured: 1)]
    let claims = summarize(cells, facts: HealthyCells.facts()).claimsByName
    #expect(claims["dpo-above-sft"]?.reason == "certificate failed: DPO loss")
    #expect(claims["dpo-above-ppo"]?.verdict == .void)
    #expect(claims["ppo-above-sft"]?.verdict == .reproduced)
    // A stage that all arms start from counts for all of them.
    var reward = CellRecord(question: "healthy", arm: "reward", method: "reward", seed: 1)
    reward.certificate = [CertificateCheck(name: "zero head", expected: 0, measured: 1)]
    let all = summarize(HealthyCells.cells() + [reward], facts: HealthyCells.facts()).claimsByName
    #expect(all.values.allSatisfy { $0.reason == "certificate failed: zero head" })
  }

  @Test(arguments: [2, 4]) func fewSeedsDecideNothing(seeds: Int) {
    let summary = summarize(HealthyCells.cells(seeds: seeds), facts: HealthyCells.facts())
    let claims = summary.claimsByName
    #expect(!claims.isEmpty && claims.values.allSatisfy { $0.verdict == .void })
    #expect(claims["ppo-above-sft"]?.reason == "PPO: \(seeds) healthy seeds; 5 are needed")
  }

  @Test func anotherBetaIsAnotherObjective() {
    let summary = summarize(HealthyCells.cells(), facts: HealthyCells.facts(dpoBeta: 0.1))
    let claims = summary.withObjective.claimsByName
    #expect(
      claims["dpo-above-ppo"]?.reason == "PPO was trained with β = 0.3, DPO with 0.1")
    #expect(
      claims["dpo-above-sft-in-j"]?.reason
        == "DPO was trained with β = 0.1, the objective has 0.3")
    #expect(claims["ppo-above-sft-in-j"]?.verdict == .reproduced)
  }

  @Test func swappedDataOfOneSeedAreSeen() {
    var cells = HealthyCells.cells()
    let index = cells.firstIndex { $0.arm == "DPO" && $0.seed == 3 } ?? 0
    cells[index].dataHashes["pairs"] = "p4"
    let claims = summarize(cells, facts: HealthyCells.facts()).claimsByName
    let said = "DPO and PPO did not read the same data at seed 3"
    #expect(claims["dpo-above-ppo"]?.reason == said)
    #expect(claims["dpo-above-sft"]?.reason == said, "SFT's numbers are PPO's first ones")
    #expect(claims["ppo-above-sft"]?.verdict == .reproduced)
  }

  /// Six seeds of two methods at two β each; PPO's gold rises twice as fast with KL, and a little apart by seed.
  private func swept(farthest: Double = 1.2) -> [String: Claim] {
    var facts = HealthyCells.facts()
    facts.arms = ["PPO", "DPO"].flatMap { family in
      [0.3, 0.6].map { (beta: Double) in
        ArmFacts(
          name: "\(family) at \(beta)", method: family.lowercased(), settings: "", family: family,
          beta: beta)
      }
    }
    let cells = HealthyCells.wobble.enumerated().flatMap { index, wobble in
      facts.arms.map { arm in
        let (isPPO, isFar) = (arm.family == "PPO", arm.beta == 0.3)
        let kl = isFar ? farthest : 0.4
        var cell = HealthyCells.cell(
          arm.name, seed: index + 1, start: 1, gain: (isPPO ? 2 : 1) * kl + wobble * kl)
        cell.method = arm.method
        cell.evaluations[2].values["eval/kl"] = kl
        cell.evaluations.remove(at: 1)
        return cell
      }
    }
    return summarize(cells, facts: facts).claimsByName
  }

  @Test func finishedRunsAreComparedAtOneNat() throws {
    let claim = try #require(swept()["dpo-above-ppo-at-1-nat"])
    // Both lines are straight: at 1 nat DPO has 1 less than PPO, whatever the seed.
    #expect(claim.verdict == .contradicted && abs((claim.effect ?? 0) + 1) < 1e-3)
    #expect(claim.statement.contains("finished runs"))
  }

  @Test func aLevelThatNoFinishedRunLiesNearIsVoid() throws {
    let claim = try #require(swept(farthest: 3)["dpo-above-ppo-at-1-nat"])
    #expect(claim.verdict == .void && claim.effect == nil)
    #expect(claim.reason?.contains("without a measured point nearby") == true)
  }
}
