import ExactTheory
import Foundation
import LanguageModel
import Reports
import Tasks
import Testing
import Workbench

@Suite struct SpecificationPropertiesTests {
  @Test(arguments: 1...12, [1, 2, 3, 7, 36, 100, 1001])
  func evaluationsStartAtZeroEndAtTheLastStepAndAreEvenlySpaced(checkpoints: Int, total: Int) {
    var settings = EvaluationSpecification()
    settings.checkpoints = checkpoints
    let steps = settings.steps(of: total)
    #expect(steps.first == 0 && steps.last == total)
    #expect(steps == Array(Set(steps)).sorted())
    #expect(steps.count == min(checkpoints, total) + 1)
    let gaps = zip(steps.dropFirst(), steps).map { $0.0 - $0.1 }
    #expect((gaps.max() ?? 0) - (gaps.min() ?? 0) <= 1)
  }

  @Test(arguments: ModelPreset.allCases)
  func presetsOfTheSpecificationAreThoseOfTheModel(preset: ModelPreset) throws {
    let model = try read("model: {preset: \(preset.rawValue), max_length: 64}\narms: [{dpo: {}}]")
      .model
    #expect(
      model.configuration(vocabularySize: 150)
        == preset.configuration(vocabularySize: 150, maximumLength: 64))
  }

  @Test func headsThatShareKeysAreCounted() throws {
    let model = try read(
      """
      model: {num_hidden_layers: 2, hidden_size: 32, num_attention_heads: 4, num_key_value_heads: 2}
      arms: [{dpo: {}}]
      """
    ).model.configuration(vocabularySize: 10)
    #expect(model.keyValueHeads == 2)
    #expect(model.headDimension == 8)
  }

  @Test func orderOfArmsInAPlanPutsTheMostWorkFirst() throws {
    let specification = try read(
      """
      task: {name: enumerable-language, words: 3, maximum_words: 2}
      seeds: 1
      arms:
        - {name: short, ppo: {iterations: 1}}
        - {name: long, ppo: {iterations: 500}}
        - {name: middle, ppo: {iterations: 50}}
      """)
    let plan = try ExperimentPlan(specification, task: makeTask(specification.task))
    #expect(
      plan.entries.suffix(3).map(\.cell.path) == ["seed-1/long", "seed-1/middle", "seed-1/short"])
    let costs = plan.entries.suffix(3).map(\.estimatedFLOPs)
    #expect(costs == costs.sorted(by: >))
  }

  @Test func inputsOfACellNameItsSeed() throws {
    let specification = try read("seeds: 3\narms: [{dpo: {}}]")
    let plan = try ExperimentPlan(specification, task: makeTask(specification.task))
    #expect(Set(plan.entries.map(\.inputs)).count == plan.entries.count)
  }

  @Test func factsOfAnExperimentWithoutATitleTakeItsName() throws {
    let specification = try read("expectation: none\narms: [{dpo: {}}]")
    let facts = try specification.facts(task: makeTask(specification.task), command: "c")
    #expect(facts.title == "question")
    #expect(facts.expectation == "none")
    #expect(facts.arms.map(\.settings) == ["defaults"])
    #expect(facts.seeds == [1, 2, 3, 4, 5, 6])
  }
}
