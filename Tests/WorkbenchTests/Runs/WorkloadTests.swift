import DPO
import Datasets
import LanguageModel
import PPO
import Tasks
import Testing
import Tokenization
import Workbench

/// The plan's work, counted again by hand from the settings.
@Suite struct WorkloadTests {
  private let head = """
    task: {name: enumerable-language, words: 3, maximum_words: 2}
    model: {preset: tiny, max_length: 32}
    seeds: 1
    data: {pairs: 60, test_pairs: 30, completions_per_prompt: 4}
    sft: {max_steps: 7, per_device_train_batch_size: 8}
    reward: {num_train_epochs: 2}
    evaluation: {prompts: 10, checkpoints: 4}

    """

  /// The estimated operations of every cell, in units of one sequence forward.
  private func work(_ arms: String, members: Int = 1) throws -> [String: Double] {
    let head = head.replacing("epochs: 2}", with: "epochs: 2, ensemble_size: \(members)}")
    return try work(of: read(head + "arms:\n" + arms))
  }

  private func work(of specification: ExperimentSpecification) throws -> [String: Double] {
    let task = try makeTask(specification.task)
    let model = ModelPreset.tiny.configuration(
      vocabularySize: task.tokenizer.vocabularySize, maximumLength: 32)
    let shown = task.demonstrations(count: 64, seed: Seed(0))
    let sequence =
      shown.reduce(0) { $0 + model.forwardFLOPs(sequenceLengths: [$1.tokens.count]) } / 64
    let plan = try ExperimentPlan(specification, task: task)
    return Dictionary(
      uniqueKeysWithValues: plan.entries.map { ($0.cell.path, $0.estimatedFLOPs / sequence) })
  }

  private func expect(_ found: Double?, _ expected: Double) {
    #expect(abs((found ?? .nan) - expected) < 1e-9 * expected)
  }

  @Test func sharedStagesAreCountedFromTheirSettings() throws {
    let work = try work("  - ppo: {}\n")
    // A training step is three passes forward.
    expect(work["seed-1/sft"], 3 * 7 * 8)
    // Four completions are six pairs: 90 pairs are 60 completions, and sampling costs a quarter more.
    expect(work["data/seed-1"], sampled * 90 * 4 / 6)
    expect(work["seed-1/reward"], 3 * 2 * 60 * 2)
  }

  private let sampled = 1.25
  // Five evaluations of ten prompts: sampling, and three scorings.
  private let evaluations = 5.0 * (1.25 + 3) * 10

  @Test(arguments: [1, 3]) func preferencesAreScoredOnceAndLearnedFromEveryEpoch(epochs: Int) throws
  {
    let work = try work("  - dpo: {num_train_epochs: \(epochs)}\n")
    expect(work["seed-1/dpo"], Double(3 * epochs + 1) * 2 * 60 + evaluations)
  }

  @Test(arguments: [1, 4]) func rolloutsAreSampledScoredAndLearnedFrom(epochs: Int) throws {
    let work = try work(
      "  - ppo: {iterations: 5, rollouts_per_iteration: 32, num_ppo_epochs: \(epochs)}\n")
    // Policy and value learn from each rollout in every epoch; reward, reference and value score it.
    expect(work["seed-1/ppo"], 5 * 32 * (sampled + 3 + 6 * Double(epochs)) + evaluations)
  }

  @Test(arguments: [1, 3]) func everyMemberOfTheRewardReadsWhatIsScored(members: Int) throws {
    let arms = """
        - ppo: {iterations: 5, rollouts_per_iteration: 32, num_ppo_epochs: 1}
        - {name: gold, ppo: {iterations: 5, rollouts_per_iteration: 32, num_ppo_epochs: 1}, reward: gold}
        - rloo: {iterations: 5, rollouts_per_iteration: 32}
        - dpo: {num_train_epochs: 1, online: {rounds: 4, prompts_per_round: 20, judge: reward}}
        - {name: gold labels, dpo: {num_train_epochs: 1, online: {rounds: 4, prompts_per_round: 20}}}
        - best-of-n: {n: [1, 16]}

      """
    let (work, k) = (try work(arms, members: members), Double(members))
    // Sampled, read by reward, reference and value; policy and value learn once.
    expect(work["seed-1/ppo"], 5 * 32 * (sampled + k + 2 + 6) + evaluations)
    expect(work["seed-1/gold"], 5 * 32 * (sampled + 2 + 6) + evaluations)
    expect(work["seed-1/rloo"], 5 * 32 * (sampled + k + 1 + 3) + evaluations)
    // Two completions of 80 prompts: sampled, judged, read by the reference, learnt from once.
    expect(work["seed-1/dpo"], 2 * 4 * 20 * (sampled + k + 1 + 3) + evaluations)
    expect(work["seed-1/gold-labels"], 2 * 4 * 20 * (sampled + 1 + 3) + evaluations)
    expect(work["seed-1/best-of-n"], (sampled + k) * 10 * 16)
  }

  @Test func bestOfNSamplesItsLargestN() throws {
    expect(
      try work("  - best-of-n: {n: [1, 4, 16]}\n")["seed-1/best-of-n"], (sampled + 1) * 10 * 16)
  }

  // Seven looks at three prompts beside the checkpoints.
  @Test func looksBetweenCheckpointsAreCounted() throws {
    let looked = try read(
      head.replacing("checkpoints: 4}", with: "checkpoints: 4, path_points: 6, path_prompts: 3}")
        + "arms:\n  - dpo: {num_train_epochs: 1}\n")
    let work = try work(of: looked)
    expect(work["seed-1/dpo"], 4 * 2 * 60 + evaluations + 7 * (sampled + 3) * 3)
  }

  @Test func exactAscentSumsOverEveryCompletion() throws {
    let work = try work("  - exact-ascent: {max_steps: 9}\n")
    expect(
      work["seed-1/exact-ascent"],
      3 * 9 * Double(EnumerableLanguage.maximumCompletionCount) + evaluations)
  }
}
