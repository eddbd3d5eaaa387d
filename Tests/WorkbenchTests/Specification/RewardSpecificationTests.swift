import Foundation
import RewardModeling
import Testing
import Workbench

@Suite struct RewardSpecificationTests {
  private func read(_ settings: String, extra: String = "") throws -> RewardConfiguration {
    try ExperimentSpecification(
      yaml: "reward: {\(settings)}\n\(extra)arms: [{ppo: {}}]", file: "e.yaml", name: "e"
    ).reward
  }

  private func refusal(_ settings: String) -> String {
    do {
      _ = try read(settings)
      return "accepted"
    } catch { return "\(error)" }
  }

  @Test func settingsAreReadByTheirKeys() throws {
    #expect(try read("margin: 0.5, center_rewards_coefficient: 0.01").margin == 0.5)
    #expect(try read("ranking_loss: plackett_luce").rankingLoss == .plackettLuce)
    #expect(try read("normalization: none").normalization == RewardNormalization.none)
    let ensemble = try read(
      "ensemble_size: 3, ensemble_aggregation: uncertainty_weighted, uncertainty_weight: 0.5")
    #expect(ensemble.ensembleSize == 3 && ensemble.aggregation == .uncertaintyWeighted)
    #expect(ensemble.uncertaintyWeight == 0.5)
  }

  @Test func whatIsNotSetHasNoValue() throws {
    let settings = try read("num_train_epochs: 1")
    #expect(settings.margin == nil && settings.rankingLoss == nil && settings.ensembleSize == nil)
    #expect(settings.normalization == nil && settings.aggregation == nil)
  }

  @Test(arguments: [
    ("ranking_loss: listwise", "pairs, plackett_luce"),
    ("ensemble_aggregation: worst_cas", "did you mean 'worst_case'?"),
    ("normalisation: bias", "did you mean 'normalization'?"),
    ("normalization: gain", "none, bias, gain_and_bias"), ("ensemble_size: 0", "1 or more"),
    ("ensemble_aggregation: mean", "ensemble_size"),
    ("ranking_loss: pairs, margin: 1", "belong to pairs"), ("margin: .inf", "finite"),
    ("normalization: gain_and_bias", "same_objective"),
  ])
  func mistakesAreRefusedWithTheirPlace(settings: String, fragment: String) {
    let text = refusal(settings)
    #expect(text.hasPrefix("e.yaml:1:") && text.contains(fragment), "\(text)")
  }

  @Test func aGainIsAllowedWhereObjectivesMayDiffer() throws {
    let settings = try read("normalization: gain_and_bias", extra: "same_objective: false\n")
    #expect(settings.normalization == .gainAndBias)
  }
}
