import DPO
import Datasets
import Foundation
import Testing
import Workbench

@Suite struct LossSpecificationTests {
  private func arm(_ settings: String, extra: String = "") throws -> DPOConfiguration {
    let specification = try ExperimentSpecification(
      yaml: "beta: 0.3\n\(extra)arms: [{dpo: {\(settings)}}]", file: "e.yaml", name: "e")
    guard case .dpo(let configuration) = specification.arms[0].method else {
      throw CocoaError(.coderInvalidValue)
    }
    return configuration
  }

  private func refusal(_ settings: String, extra: String = "") -> String {
    do {
      _ = try arm(settings, extra: extra)
      return "accepted"
    } catch { return "\(error)" }
  }

  @Test(arguments: PreferenceLossKind.allCases)
  func everyLossIsOneLineOfASpecification(kind: PreferenceLossKind) throws {
    let settings = try arm("loss_type: \(kind.rawValue)")
    #expect(settings.lossKind == kind && settings.beta == 0.3)
    #expect(settings.loss.beta == 0.3)
  }

  @Test func optionsOfALossStandBesideItsType() throws {
    let settings = try arm(
      "loss_type: robust, label_smoothing: 0.1, f_divergence_type: js_divergence, rpo_alpha: 1")
    #expect(settings.options.labelSmoothing == 0.1)
    #expect(settings.options.divergence == .jensenShannon)
    let online = try arm("online: {rounds: 3, judge: self, labels: argmax}").online
    #expect(online?.rounds == 3 && online?.judge == .policy && online?.labels == .argmax)
    #expect(online?.promptsPerRound == OnlineDPOConfiguration().promptsPerRound)
  }

  @Test(arguments: [
    ("loss_type: simpol", "did you mean 'simpo'?"),
    ("loss_type: bco_paire", "did you mean 'bco_pair'?"),
    ("label_smooting: 0.1", "did you mean 'label_smoothing'?"),
    ("f_divergence_type: forward_lk", "did you mean 'forward_kl'?"),
    ("online: {round: 3}", "did you mean 'rounds'?"),
    ("online: {judge: human}", "gold, reward, self"),
    ("label_smoothing: 0.1", "cdpo"), ("loss_type: orpo, discopop_tau: 1", "does not read"),
    ("loss_type: cdpo, label_smoothing: 0.7", "0 ≤ ε < 0.5"),
    ("sync_ref_model: true", "same_objective"),
    ("online: {reference: refreshed}", "same_objective"),
  ])
  func mistakesAreRefusedWithTheirPlace(settings: String, fragment: String) {
    let text = refusal(settings)
    #expect(text.hasPrefix("e.yaml:2:") && text.contains(fragment), "\(text)")
  }

  @Test func aMovingReferenceIsAnObjectiveOfItsOwn() throws {
    let settings = try arm(
      "sync_ref_model: true, ref_model_sync_steps: 8", extra: "same_objective: false\n")
    #expect(settings.synchronizationSteps == 8)
  }

  @Test func onlyARewardJudgeNeedsTheRewardModel() throws {
    for (judge, needs) in [("gold", false), ("self", false), ("reward", true)] {
      let specification = try ExperimentSpecification(
        yaml: "arms: [{dpo: {online: {judge: \(judge)}}}]", file: "e.yaml", name: "e")
      #expect(specification.needsRewardModel == needs)
    }
  }

  @Test func aQuickTrialShortensOnlineRounds() throws {
    let specification = try ExperimentSpecification(
      yaml: "arms: [{dpo: {online: {rounds: 50, prompts_per_round: 4096}}}]", file: "e.yaml",
      name: "e")
    guard case .dpo(let trial) = specification.quickTrial(steps: 8).arms[0].method else {
      Issue.record("not the method asked for")
      return
    }
    #expect(trial.online?.rounds == 4 && trial.online?.promptsPerRound == 32)
  }
}
