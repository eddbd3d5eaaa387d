import DPO
import ExactTheory
import LanguageModel
import PPO
import RewardModeling
import SupervisedFineTuning
import Testing
import Training
import Workbench

@Suite struct QuickTrialTests {
  private func trial(_ yaml: String, steps: Int = 8) throws -> ExperimentSpecification {
    try read(yaml).quickTrial(steps: steps)
  }

  private func ppo(_ settings: String, steps: Int = 8) throws -> PPOConfiguration {
    let arm = try trial("arms: [{ppo: {\(settings)}, reward: gold}]", steps: steps).arms[0]
    guard case .ppo(let settings, .gold) = arm.method else {
      throw MissingInput(path: "", remedy: "")
    }
    try settings.validate()
    return settings
  }

  @Test(arguments: [1, 2, 8, 40])
  func dataAndStagesAreSmallAndGrowWithTheSteps(steps: Int) throws {
    let trial = try trial("title: T\narms: [{dpo: {}}]", steps: steps)
    #expect(trial.title == "T (quick trial)")
    #expect(trial.data.demonstrations == 64 && trial.data.testPairs == 64)
    #expect(trial.data.pairs == 16 * steps)
    #expect(trial.sft.maximumSteps == 10 * steps && trial.sft.batchSize == 16)
    #expect(trial.reward.batchSize == 16 && trial.reward.epochs == 1)
    #expect(trial.evaluation.prompts == 32 && trial.evaluation.checkpoints == 2)
  }

  @Test func trialWithoutATitleIsNamedAfterItsExperiment() throws {
    #expect(try trial("arms: [{dpo: {}}]").title == "question (quick trial)")
  }

  // One epoch of 16·steps pairs in batches of 16 are as many updates as asked for.
  @Test(arguments: [1, 3, 8]) func pairsAreTheUpdatesOfOneEpoch(steps: Int) throws {
    let trial = try trial("arms: [{dpo: {num_train_epochs: 3}}]", steps: steps)
    guard case .dpo(let settings) = trial.arms[0].method else {
      Issue.record("not the method asked for: \(trial.arms[0].method)")
      return
    }
    #expect(settings.epochs * trial.data.pairs / settings.batchSize == steps)
    #expect(settings.probePairs == 4)
  }

  @Test(arguments: [("4", [1, 2]), ("[9, 7, 8]", [9, 7]), ("[3]", [3])])
  func atMostTwoSeedsAreKept(seeds: String, kept: [Int]) throws {
    #expect(try trial("seeds: \(seeds)\narms: [{dpo: {}}]").seeds.values == kept)
  }

  @Test func modelIsTinyAndKeepsItsLength() throws {
    let model = try trial("model: {preset: medium, max_length: 70}\narms: [{dpo: {}}]").model
    #expect(model.preset == .tiny && model.maximumLength == 70 && model.layers == nil)
    let own = try trial(
      """
      model: {num_hidden_layers: 9, hidden_size: 64, num_attention_heads: 4}
      arms: [{dpo: {}}]
      """
    ).model
    #expect(own.preset == .tiny && own.layers == nil && own.hiddenSize == nil)
  }

  @Test(arguments: [(0, 0), (1, 1), (2, 2), (8, 2)]) func atMostTwoSamplesAreKept(
    samples: Int, kept: Int
  ) throws {
    let trial = try trial("evaluation: {samples: \(samples)}\narms: [{dpo: {}}]")
    #expect(trial.evaluation.samples == kept)
  }

  @Test func rolloutsOfOnePromptEachAreTwoBatches() throws {
    let settings = try ppo("num_ppo_epochs: 4", steps: 5)
    #expect(settings.rolloutsPerIteration == 32 && settings.iterations == 5)
    #expect(settings.minibatches == 2 && settings.gradientShards == 4 && settings.epochs == 2)
    #expect(try ppo("num_ppo_epochs: 1").epochs == 1)
  }

  // 32/c prompts, never fewer than eight, rounded up to an even number.
  @Test(arguments: [(2, 32), (3, 30), (4, 32), (5, 40), (8, 64)])
  func completionsOfAPromptStayTogether(completions: Int, rollouts: Int) throws {
    let settings = try ppo(
      "completions_per_prompt: \(completions), rollouts_per_iteration: \(32 * completions)")
    #expect(settings.rolloutsPerIteration == rollouts)
    #expect(settings.rolloutsPerIteration % completions == 0)
  }

  @Test(arguments: [("[1, 2, 4, 8]", [1, 2, 4]), ("[8, 16]", [1]), ("[3]", [3])])
  func onlySmallBestOfNAreKept(n: String, kept: [Int]) throws {
    guard case .bestOfN(let settings) = try trial("arms: [{best-of-n: {n: \(n)}}]").arms[0].method
    else { return }
    #expect(settings.n == kept)
  }

  @Test func exactAscentTakesAsManySteps() throws {
    let yaml = "task: enumerable-language\narms: [{exact-ascent: {}}]"
    guard case .exactAscent(let settings) = try trial(yaml, steps: 3).arms[0].method else {
      Issue.record("another method")
      return
    }
    #expect(settings.maximumSteps == 3)
  }

  @Test func everythingElseIsKept() throws {
    let yaml = """
      beta: 0.3
      share_sft: true
      data: {completions_per_prompt: 3, annotator: {temperature: 2}}
      arms: [{name: X, ppo: {cliprange: 0.4}}, {name: Y, dpo: {loss_type: ipo}}]
      """
    let (whole, trial) = (try read(yaml), try trial(yaml))
    #expect(trial.beta == 0.3 && trial.sharesReference)
    #expect(trial.data.annotator == whole.data.annotator)
    #expect(trial.data.completionsPerPrompt == 3)
    #expect(trial.arms.map(\.name) == ["X", "Y"])
    guard case .ppo(let ppo, .learned) = trial.arms[0].method,
      case .dpo(let dpo) = trial.arms[1].method
    else {
      Issue.record("other methods")
      return
    }
    #expect(ppo.clipRange == 0.4 && ppo.klPenalty == 0.3)
    #expect(dpo.lossKind == .ipo && dpo.beta == 0.3)
  }
}
