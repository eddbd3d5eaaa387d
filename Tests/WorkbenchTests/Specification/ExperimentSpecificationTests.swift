import DPO
import Foundation
import LanguageModel
import PPO
import Reports
import Tasks
import TestSupport
import Testing
import Workbench

@Suite struct ExperimentSpecificationTests {
  private let arms = """
    arms:
      - {name: PPO, ppo: {}}
      - {name: PPO-GT, ppo: {}, reward: gold}
      - {name: DPO, dpo: {}}
      - {name: Best of n, best-of-n: {n: [1, 8]}}

    """

  @Test func omittedKeysTakeTheDocumentedDefaults() throws {
    let specification = try read(arms)
    #expect(specification.name == "question")
    #expect(specification.seeds.values == [1, 2, 3, 4, 5, 6])
    #expect(specification.task == TaskConfiguration(name: .aspectReviews))
    #expect(specification.data == DataSpecification())
    #expect(specification.arms.map(\.slug) == ["ppo", "ppo-gt", "dpo", "best-of-n"])
    #expect(specification.arms.map(\.method.needsRewardModel) == [true, false, false, true])
  }

  @Test func oneBetaServesBothPipelines() throws {
    let specification = try read("beta: 0.25\n" + arms)
    guard case .ppo(let ppo, .learned) = specification.arms[0].method,
      case .dpo(let dpo) = specification.arms[2].method
    else {
      Issue.record("\(specification.arms)")
      return
    }
    #expect(ppo.klPenalty == 0.25)
    #expect(dpo.beta == 0.25)
  }

  @Test func emptyMethodMeansItsDefaults() throws {
    let specification = try read("arms:\n  - dpo:\n")
    #expect(specification.arms == [ArmSpecification(name: "dpo", method: .dpo(DPOConfiguration()))])
  }

  @Test(arguments: [
    ("beta: 0", "beta", 1), ("beta: -1", "beta", 1), ("seeds: 0", "seeds", 1),
    ("seeds: [1, 1]", "seeds", 1), ("\nevaluation: {prompts: 1}", "prompts", 2),
    ("data:\n  annotator:\n    flip_rate: 0.5", "flip_rate", 3),
    ("data:\n  annotator:\n    temperature: 0", "temperature", 3),
    ("data:\n  completions_per_prompt: 1", "completions_per_prompt", 2),
    ("data: {pairs: 1}", "pairs", 1),
    ("task:\n  name: aspect-reviews\n  slip_rate: 2", "slip_rate", 3),
    ("model: {max_length: 1}", "max_length", 1),
    ("sft:\n  max_steps: 0", "max_steps", 2),
    ("reward:\n  learning_rate: 0", "learning_rate", 2),
  ])
  func valueOutOfRangeIsRefusedWithItsKeyAndLine(yaml: String, key: String, line: Int) {
    guard case .outOfRange(key, _, _, let place)? = readingError(yaml + "\n" + arms) else {
      Issue.record("\(yaml) was read")
      return
    }
    #expect(place.line == line)
  }

  @Test(arguments: [
    ("ppo: {cliprange: 1}", "cliprange"), ("ppo: {gamma: 2}", "gamma"),
    ("dpo: {num_train_epochs: 0}", "num_train_epochs"), ("best-of-n: {n: [4, 1]}", "n"),
    // One objective for both pipelines.
    ("ppo: {kl_coef: 0.2}", "kl_coef"), ("dpo: {beta: 0.2}", "beta"),
    ("ppo: {whiten_rewards: true}", "whiten_rewards"), ("ppo: {temperature: 0.7}", "temperature"),
    ("ppo: {missing_eos_penalty: 1}", "missing_eos_penalty"),
    ("ppo: {kl_control: adaptive}", "kl_control"),
  ])
  func armOutOfRangeIsRefusedWithItsKeyAndLine(method: String, key: String) {
    let yaml = "beta: 0.1\narms:\n  - name: fine\n    dpo: {}\n  - name: bad\n    \(method)\n"
    guard case .outOfRange(key, _, _, let place)? = readingError(yaml) else {
      Issue.record("\(method) was read")
      return
    }
    #expect(place.line == 6)
  }

  @Test func armsMayDifferInObjectiveWhereTheSpecificationSaysSo() throws {
    let yaml = "same_objective: false\narms: [{ppo: {kl_coef: 0.2, temperature: 0.7}}]"
    guard case .ppo(let settings, _) = try read(yaml).arms[0].method else {
      Issue.record("not the method asked for")
      return
    }
    #expect(settings.klPenalty == 0.2)
    #expect(settings.temperature == 0.7)
  }

  @Test(arguments: [
    "arms: [{name: a, ppo: {}, dpo: {}}]", "arms: [{name: a}]",
    "arms: [{name: a, dpo: {}, reward: gold}]", "arms: [{name: a, dpo: {}}, {name: A, dpo: {}}]",
    "arms: [{name: sft, dpo: {}}]", "model: {preset: tiny, hidden_size: 16}\narms: [{dpo: {}}]",
    "model: {hidden_size: 16}\narms: [{dpo: {}}]",
    "model: {num_hidden_layers: 1, hidden_size: 9, num_attention_heads: 3}\narms: [{dpo: {}}]",
  ])
  func settingsThatExcludeOneAnotherAreRefused(yaml: String) {
    guard case .contradiction(_, let place)? = readingError(yaml) else {
      Issue.record("\(yaml) was read")
      return
    }
    #expect(place.file == "e.yaml")
  }

  @Test func experimentWithoutArmsIsRefused() {
    guard case .outOfRange("arms", _, _, _)? = readingError("title: none") else {
      Issue.record("an experiment without arms was read")
      return
    }
  }

  @Test func writtenConfigurationReadsBackAsItself() throws {
    let specification = try read("beta: 0.3\nseeds: [3, 5]\nmodel: {preset: tiny}\n" + arms)
    let folder = try TemporaryFolder()
    let store = CellStore(folder: folder.url)
    try store.writeConfiguration(specification)
    #expect(try store.specification() == specification)
  }

  @Test func seedsOfASharedReferenceStartFromTheFirst() throws {
    let own = try read("seeds: [4, 5]\n" + arms)
    #expect(own.seeds.values.map(own.referenceSeed) == [4, 5])
    let shared = try read("seeds: [4, 5]\nshare_sft: true\n" + arms)
    #expect(shared.seeds.values.map(shared.referenceSeed) == [4, 4])
  }

  @Test func missingFolderNamesItsPath() {
    let error = #expect(throws: MissingInput.self) {
      try ExperimentSpecification(contentsOf: URL(filePath: "/nowhere/at-all"))
    }
    #expect(error?.path == "/nowhere/at-all")
  }

  @Test func evaluationStepsAreEvenlySpacedAndEndWithTheLast() {
    var settings = EvaluationSpecification()
    settings.checkpoints = 4
    #expect(settings.steps(of: 100) == [0, 25, 50, 75, 100])
    #expect(settings.steps(of: 10) == [0, 3, 5, 8, 10])
    #expect(settings.steps(of: 2) == [0, 1, 2])
  }

  @Test func pathIsLookedAtOnlyWhereItIsAskedFor() throws {
    let plain = try read(arms).evaluation
    #expect(plain.pathSteps(of: 100).isEmpty && plain.promptsOfPath == 128)
    let looked = try read("evaluation: {path_points: 5, path_prompts: 9}\n" + arms).evaluation
    #expect(looked.pathSteps(of: 100) == [0, 20, 40, 60, 80, 100] && looked.promptsOfPath == 9)
    #expect(looked.steps(of: 100) == plain.steps(of: 100))
    // A key that is not written is not there, so that finished cells stay what they are.
    #expect(!String(decoding: try encodeRecord(plain), as: UTF8.self).contains("path"))
    for wrong in ["path_points: 0", "path_prompts: 1", "prompts: 64, path_prompts: 65"] {
      #expect(throws: SpecificationError.self) { try read("evaluation: {\(wrong)}\n" + arms) }
    }
  }

  @Test func armsOfAFamilyAreOneSweep() throws {
    let specification = try read(
      "same_objective: false\narms: [{name: a, family: DPO, dpo: {}}, {name: b, dpo: {}}]")
    #expect(specification.arms.map(\.family) == ["DPO", nil])
    let copy = try decodeRecord(
      ArmSpecification.self, from: encodeRecord(specification.arms[0]))
    #expect(copy == specification.arms[0])
    let facts = try specification.facts(task: makeTask(specification.task), command: "")
    #expect(facts.arms.map(\.family) == ["DPO", nil])
  }

  @Test func pairsOfAPromptAreAllPairsOfItsCompletions() {
    var data = DataSpecification()
    data.completionsPerPrompt = 4
    #expect(data.pairsPerPrompt == 6)
  }

  @Test func modelIsThePresetOrTheSizesGiven() throws {
    let preset = try read("model: {preset: tiny}\n" + arms).model
    #expect(
      preset.configuration(vocabularySize: 50)
        == ModelPreset.tiny.configuration(vocabularySize: 50, maximumLength: 128))
    let own = try read(
      "model: {num_hidden_layers: 1, hidden_size: 16, num_attention_heads: 2, max_length: 9}\n"
        + arms
    ).model.configuration(vocabularySize: 50)
    #expect(own.layers == 1)
    #expect(own.intermediateSize == 48)
    #expect(own.maximumLength == 9)
  }

  @Test func quickTrialIsSmallAndKeepsArmsAndObjective() throws {
    let trial = try read(arms).quickTrial(steps: 2)
    #expect(trial.arms.map(\.name) == ["PPO", "PPO-GT", "DPO", "Best of n"])
    #expect(trial.seeds.values == [1, 2])
    guard case .ppo(let ppo, _) = trial.arms[0].method,
      case .bestOfN(let best) = trial.arms[3].method
    else {
      Issue.record("not the method asked for: \(trial.arms[3].method)")
      return
    }
    #expect(ppo.iterations == 2)
    #expect(ppo.klPenalty == 0.1)
    #expect(best.n == [1])
    #expect(trial.data.pairs == 32)
  }

  @Test func factsNameTheSettingsThatDifferFromTheDefaults() throws {
    let specification = try read("beta: 0.3\nmodel: {preset: tiny}\n" + arms)
    let facts = try specification.facts(task: makeTask(specification.task), command: "make it")
    #expect(
      facts.arms.map(\.settings) == [
        "reward learned, kl_coef 0.3", "reward gold, kl_coef 0.3", "beta 0.3", "n 1, 8",
      ])
    #expect(facts.question == "question")
    #expect(facts.parameterCount > 50_000)
  }
}
