import Autograd
import DPO
import Datasets
import Foundation
import LanguageModel
import Optimizers
import TensorKernels
import Testing
import Tokenization
import Training

/// Fives less sixes, the reward that the tiny language's annotator follows.
private struct FivesReward: RewardFunction {
  func rewards(of sequences: [TokenSequence]) -> [Double] {
    sequences.map { 2 * Double(TinyPreferences.score($0.completion)) }
  }
}

private struct NoReward: RewardFunction {
  struct Failure: Error {}
  func rewards(of sequences: [TokenSequence]) throws -> [Double] { throw Failure() }
}

@Suite struct OnlineDPOTests {
  private let start: Transformer<Float> = TinyPreferences.policy(width: 16)
  private let prompts = (3...7).map { [TinyPreferences.begin, $0] }

  private var configuration: DPOConfiguration {
    var configuration = DPOConfiguration()
    configuration.learningRate = 5e-3
    (configuration.epochs, configuration.batchSize) = (2, 32)
    (configuration.warmupSteps, configuration.decay) = (0, .constant)
    var online = OnlineDPOConfiguration()
    (online.rounds, online.promptsPerRound) = (6, 64)
    configuration.online = online
    return configuration
  }

  private struct Run {
    var policy: Transformer<Float>
    var rows: [DPOMetrics] = []
    var steps: [Int] = []
    var outcome = TrainingOutcome.completed
  }

  private func run(
    _ configuration: DPOConfiguration, labels: OnlineLabels
  ) throws -> Run {
    var run = Run(policy: start)
    var (rows, steps): ([DPOMetrics], [Int]) = ([], [])
    let many = (0..<128).map { prompts[$0 % prompts.count] }
    run.outcome = try trainOnlineDPO(
      &run.policy, reference: start, prompts: many, maximumTokens: 5,
      endToken: TinyPreferences.end, labels: labels, configuration: configuration, seed: Seed(5)
    ) { step, _, metrics in
      steps.append(step)
      rows.append(metrics)
    }
    (run.rows, run.steps) = (rows, steps)
    return run
  }

  /// The mean score of 200 samples.
  private func score(_ policy: Transformer<Float>) -> Double {
    var sampler = Sampler(policy)
    let uniform = UniformStream(seed: Seed(77), purpose: "tests.samples")
    let samples = sampler.sample(
      prompts: (0..<200).map { prompts[$0 % prompts.count] }, maximumTokens: 5,
      endToken: TinyPreferences.end
    ) { uniform($0, $1) }
    return samples.reduce(0) { $0 + Double(TinyPreferences.score($1.sequence.completion)) } / 200
  }

  @Test func goldLabelsRaiseTheRewardOfSamples() throws {
    let trained = try run(
      configuration, labels: OnlineLabels(reward: FivesReward(), areBought: true))
    #expect(trained.outcome == .completed)
    #expect(trained.steps == Array(0...24))  // 6 rounds of 2 epochs of 64 / 32
    #expect(configuration.online?.updates(configuration, prompts: 128) == 24)
    #expect(score(trained.policy) > score(start) + 0.3)
    let cost = try #require(trained.rows.last).cost
    #expect(cost.rollouts == 6 * 128)
    #expect(cost.labels == 6 * 64)
  }

  @Test func labelsOfAModelCostForwardPassesAndNoLabels() throws {
    var configuration = configuration
    configuration.online?.rounds = 1
    let plain = try run(configuration, labels: OnlineLabels(reward: FivesReward()))
    func judged(by members: Int) throws -> Cost {
      let models = [ModelConfiguration](repeating: start.configuration, count: members)
      let run = try run(
        configuration, labels: OnlineLabels(reward: FivesReward(), rewardModels: models))
      return try #require(run.rows.last).cost
    }
    let first = try #require(plain.rows.last).cost
    let (one, three) = (try judged(by: 1), try judged(by: 3))
    #expect(first.labels == 0 && one.labels == 0)
    #expect(one.tokensForward > first.tokensForward)
    // Every member of an ensemble reads every completion.
    #expect(
      three.tokensForward - first.tokensForward == 3 * (one.tokensForward - first.tokensForward))
  }

  @Test func aRefreshedReferenceStartsEveryRoundAtLogTwo() throws {
    var configuration = configuration
    configuration.online?.reference = .refreshed
    (configuration.epochs, configuration.batchSize) = (1, 64)
    let trained = try run(configuration, labels: OnlineLabels(reward: FivesReward()))
    // A round is one batch of 64 pairs.
    #expect(trained.rows.count == 7)
    for row in trained.rows { #expect(abs(row.loss - log(2)) < 1e-6) }
    let fixed = try run(self.configuration, labels: OnlineLabels(reward: FivesReward()))
    #expect(try #require(fixed.rows.last).loss != trained.rows.last?.loss)
  }

  @Test func hardLabelsOfThePolicyItselfNeedAPolicyThatHasMoved() throws {
    var configuration = configuration
    configuration.online?.judge = .policy
    configuration.online?.labels = .argmax
    let trained = try run(configuration, labels: OnlineLabels(reward: nil))
    // Implicit rewards are zero in the first round, hence its labels are drawn: the loss starts at log 2.
    #expect(abs(try #require(trained.rows.first).loss - log(2)) < 1e-6)
    // Later the policy confirms itself, and its margins grow.
    #expect(try #require(trained.rows.last).rewardAccuracy > 0.6)
    #expect(try #require(trained.rows.last).cost.labels == 0)
  }

  @Test func theSameSeedGivesTheSameBits() throws {
    let labels = OnlineLabels(reward: FivesReward())
    let (first, second) = (
      try run(configuration, labels: labels), try run(configuration, labels: labels)
    )
    #expect(first.policy.parameters.values == second.policy.parameters.values)
  }

  @Test func aJudgeThatFailsEndsTheTraining() {
    #expect(throws: NoReward.Failure.self) {
      try run(configuration, labels: OnlineLabels(reward: NoReward()))
    }
  }

  @Test func withoutRoundsNothingHappens() throws {
    var configuration = configuration
    configuration.online = nil
    let trained = try run(configuration, labels: OnlineLabels(reward: nil))
    #expect(trained.rows.isEmpty && trained.policy.parameters.values == start.parameters.values)
  }
}
