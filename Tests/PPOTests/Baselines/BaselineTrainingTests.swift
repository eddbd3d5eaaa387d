import Autograd
import Datasets
import Foundation
import LanguageModel
import Optimizers
import PPO
import Synchronization
import Testing
import Training
import Tokenization

/// Remembers every completion that is scored.
private final class RecordingReward: RewardFunction {
  private let seen = Mutex<[[TokenSequence]]>([])
  var batches: [[TokenSequence]] { seen.withLock { $0 } }

  func rewards(of sequences: [TokenSequence]) -> [Double] {
    seen.withLock { $0.append(sequences) }
    return sequences.map(ToyReward.reward)
  }
}

/// A constant for each rollout, and a note of the batches it saw.
private final class RecordingBaseline: Baseline {
  let referenceSamples: Int
  private let seen = Mutex<[BaselineBatch]>([])
  var batches: [BaselineBatch] { seen.withLock { $0 } }

  init(referenceSamples: Int = 0) { self.referenceSamples = referenceSamples }

  func values(of batch: BaselineBatch) -> [Double] {
    seen.withLock { $0.append(batch) }
    return batch.returns.indices.map { 0.1 * Double($0) }
  }
}

@Suite struct BaselineTrainingTests {
  let task = ToyTask()

  static func configuration(
    _ kind: BaselineKind, _ change: (inout PPOConfiguration) -> Void = { _ in }
  ) -> PPOConfiguration {
    ToyTask.configuration {
      $0.baseline = kind
      $0.completionsPerPrompt = 2
      ($0.epochs, $0.minibatches) = (1, 1)
      $0.whitensAdvantages = false
      change(&$0)
    }
  }

  static let completionKinds: [BaselineKind] = [
    .none, .batchMean, .referenceSample, .logMeanExponential, .leaveOneOut,
  ]

  // MARK: The estimator

  @Test func firstUpdateIsReinforceOverCompletions() throws {
    // |∇L| with L = −(1/n) Σ (R − b)·log π(y), the model's own tape left aside.
    let (reward, baseline) = (RecordingReward(), RecordingBaseline())
    let run = try task.train(
      Self.configuration(.none) { $0.iterations = 1 }, reward: reward, baseline: baseline)
    let sequences = try #require(reward.batches.first)
    let advantages = sequences.enumerated().map { ToyReward.reward($1) - 0.1 * Double($0) }
    let tape = Tape<Float>()
    let recorded = tape.record(task.reference.parameters)
    let read = task.reference.tokenLogProbabilities(
      SequenceBatch(sequences), recorded, on: tape, temperature: 1)
    let weights = zip(sequences, advantages).flatMap { sequence, advantage in
      sequence.completion.map { _ in Float(-advantage / Double(sequences.count)) }
    }
    tape.backward(from: read.logProbabilities.weightedSum(weights))
    let squares = recorded.gradient().values.joined().reduce(0.0) {
      $0 + Double($1) * Double($1)
    }
    let norm = try #require(run.rows.first).update.gradientNorm
    #expect(abs(norm - squares.squareRoot()) < 1e-4 * norm)
    #expect(norm > 0.1)
  }

  @Test func returnsHoldTheKLOfTheWholeCompletion() throws {
    let (reward, baseline) = (RecordingReward(), RecordingBaseline())
    _ = try task.train(
      Self.configuration(.none) {
        $0.klPenalty = 0.7
        $0.learningRate = 3e-2
      }, reward: reward, baseline: baseline)
    let batch = try #require(baseline.batches.last)
    let new = batch.policy.completionLogProbabilities(of: batch.sequences)
    let old = task.reference.completionLogProbabilities(of: batch.sequences)
    for (i, sequence) in batch.sequences.enumerated() {
      let expected = ToyReward.reward(sequence) - 0.7 * Double(new[i] - old[i])
      #expect(abs(batch.returns[i] - expected) < 1e-4)
    }
    #expect(zip(new, old).contains { abs($0 - $1) > 0.05 })
    #expect(batch.klPenalty == 0.7)
  }

  @Test func rolloutsOfAPromptStandTogether() throws {
    let baseline = RecordingBaseline()
    _ = try task.train(
      Self.configuration(.none) {
        $0.completionsPerPrompt = 4
        $0.gradientShards = 2
      }, baseline: baseline)
    for batch in baseline.batches {
      #expect(batch.groups.count == 6)
      for group in batch.groups {
        #expect(Set(batch.sequences[group].map(\.prompt)).count == 1)
      }
    }
    let completions = try #require(baseline.batches.first).sequences.map(\.completion)
    #expect(Set(completions).count > 8)
  }

  @Test func referenceCompletionsFollowTheRolloutsPromptsAndAreDrawnApart() throws {
    let (reward, baseline) = (RecordingReward(), RecordingBaseline(referenceSamples: 3))
    _ = try task.train(
      Self.configuration(.none) { $0.iterations = 1 }, reward: reward, baseline: baseline)
    let (rollouts, drawn) = (reward.batches[0], reward.batches[1])
    #expect(drawn.map(\.prompt) == rollouts.flatMap { [$0.prompt, $0.prompt, $0.prompt] })
    let rewards = try #require(baseline.batches.first).referenceRewards
    #expect(rewards.flatMap { $0 } == drawn.map(ToyReward.reward))
    #expect(rewards.allSatisfy { $0.count == 3 })
    let firsts = stride(from: 0, to: drawn.count, by: 3).map { drawn[$0].completion }
    #expect(zip(firsts, rollouts).contains { $0 != $1.completion })
  }

  // MARK: What runs show

  @Test(arguments: completionKinds) func sameSeedGivesTheSameBits(kind: BaselineKind) throws {
    let configuration = Self.configuration(kind)
    let (first, second) = (try task.train(configuration), try task.train(configuration))
    #expect(first.outcome == .completed)
    #expect(first.policy.parameters.values == second.policy.parameters.values)
    #expect(first.rows.map(\.logged) == second.rows.map(\.logged))
    #expect(first.policy.parameters.values != task.reference.parameters.values)
  }

  @Test(arguments: completionKinds) func noValueModelIsTrainedOrLogged(
    kind: BaselineKind
  ) throws {
    let run = try task.train(Self.configuration(kind))
    #expect(run.value.parameters.values == ScalarModel(backbone: task.reference).parameters.values)
    for row in run.rows {
      let logged = row.logged
      for name in ["loss/value_avg", "grad_norm/value", "val/clipfrac_avg", "val/values_mean"] {
        #expect(logged[name] == nil, "\(name)")
      }
      #expect(logged.values.allSatisfy { $0.isFinite })
      #expect(logged["baseline/mean"] != nil)
    }
  }

  @Test func leaveOneOutCostsTheRolloutsAlone() throws {
    let run = try task.train(Self.configuration(.leaveOneOut) { $0.iterations = 1 })
    let (row, lengths) = (run.rows[1], run.rows[1].objective.length)
    let prompts = 24 / 2 * 2 * 2  // Twelve prompts in passes over lengths 1, 2 and 3; mean two.
    let tokens = Int((lengths * 24).rounded()) + prompts
    // Sampling and reference; then the policy forward in one epoch.
    #expect(row.cost.tokensForward == tokens * 3 && row.cost.tokensBackward == tokens)
    #expect(row.cost.rollouts == 24 && row.episode == 24)
  }

  @Test func referenceCompletionsAreRolloutsInTheAccounts() throws {
    let run = try task.train(Self.configuration(.logMeanExponential) { $0.iterations = 1 })
    #expect(run.rows[1].cost.rollouts == 24 + 4 * 24)
    #expect(run.rows[1].episode == 24)
    let plain = try task.train(Self.configuration(.none) { $0.iterations = 1 })
    #expect(run.rows[1].cost.tokensForward > 2 * plain.rows[1].cost.tokensForward)
  }

  @Test func firstRolloutsDoNotDependOnTheBaseline() throws {
    let scores = try Self.completionKinds.map { kind in
      try task.train(Self.configuration(kind)).rows[0].objective.scores
    }
    #expect(Set(scores).count == 1)
  }

  @Test func namingTheLearnedValueChangesNothing() throws {
    let (silent, named) = (try task.train(), try task.train(baseline: LearnedValue()))
    #expect(silent.policy.parameters.values == named.policy.parameters.values)
    #expect(silent.value.parameters.values == named.value.parameters.values)
    #expect(silent.rows.map(\.logged) == named.rows.map(\.logged))
  }

  @Test func observersSeeTheValueModelWhereThereIsOne() throws {
    func values(_ kind: BaselineKind) throws -> [ScalarModel<Float>?] {
      var (policy, value) = (task.reference, ScalarModel(backbone: task.reference))
      var seen: [ScalarModel<Float>?] = []
      _ = try trainPPO(
        &policy, value: &value, reference: task.reference, reward: ToyReward(),
        prompts: ToyTask.prompts, endToken: ToyTask.endToken,
        configuration: Self.configuration(kind), seed: Seed(5)
      ) { _, models, _ in seen.append(models.value) }
      return seen
    }
    #expect(try values(.none).allSatisfy { $0 == nil })
    let trained = try values(.learnedValue).compactMap(\.self)
    #expect(trained.count == 4)
    #expect(trained[0].parameters.values != trained[3].parameters.values)
  }

  @Test func whiteningHidesAConstantBaseline() throws {
    func gradientNorm(_ baseline: any Baseline, whitens: Bool) throws -> Double {
      try task.train(
        Self.configuration(.none) {
          $0.iterations = 1
          $0.whitensAdvantages = whitens
        }, baseline: baseline
      ).rows[0].update.gradientNorm
    }
    let constant = DatasetMean(of: [3])
    let plain = try gradientNorm(NoBaseline(), whitens: false)
    #expect(abs(try gradientNorm(constant, whitens: false) - plain) > 0.1 * plain)
    let whitened = try gradientNorm(NoBaseline(), whitens: true)
    #expect(abs(try gradientNorm(constant, whitens: true) - whitened) < 1e-4 * whitened)
  }

  @Test func aBaselineThatIsNoNumberIsDivergence() throws {
    let run = try task.train(Self.configuration(.none), baseline: DatasetMean(of: [.nan]))
    #expect(run.outcome == .diverged(step: 0))
  }
}
