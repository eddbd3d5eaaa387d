import Autograd
import Datasets
import Foundation
import LanguageModel
import PPO
import Synchronization
import Testing
import Tokenization
import Training

@Suite struct TrainPPOTests {
  let task = ToyTask()

  // MARK: The step-0 certificate

  @Test(arguments: [1, 0.7]) func stepZeroHasRatiosOfExactlyOne(temperature: Double) throws {
    let run = try task.train(ToyTask.configuration { $0.temperature = temperature })
    let update = try #require(run.rows.first).update
    #expect(update.ratio == 1 && update.ratioMinimum == 1 && update.ratioMaximum == 1)
    #expect(update.approximateKL == 0 && update.clippedFraction == 0)
    #expect(update.ratioVariance == 0 && update.steps == 0)
    let valueGradientNorm = try #require(update.valueGradientNorm)
    #expect(update.gradientNorm > 0 && valueGradientNorm > 0)
  }

  @Test func stepZeroHasAKLOfExactlyZero() throws {
    let objective = try #require(try task.train().rows.first).objective
    #expect(objective.kl == 0 && objective.klK1 == 0 && objective.klK3 == 0)
    #expect(objective.nonScoreReward == 0 && objective.rlhfReward == objective.scores)
    #expect(objective.entropy > 1)
  }

  @Test func oneUpdateForEachBatchOfRolloutsIsAlwaysOnPolicy() throws {
    let run = try task.train(
      ToyTask.configuration {
        ($0.iterations, $0.epochs, $0.minibatches) = (5, 1, 1)
      })
    for update in run.rows.map(\.update) {
      #expect(update.ratioMinimum == 1 && update.ratioMaximum == 1 && update.approximateKL == 0)
    }
  }

  @Test func laterStepsHaveMovedAway() throws {
    let run = try task.train()
    #expect(run.steps == [0, 1, 2, 3])
    #expect(run.outcome == .completed)
    #expect(run.rows[1].update.steps == 4)
    #expect(run.rows[1].update.ratioMaximum > 1 && run.rows[1].update.ratioMinimum < 1)
    #expect(run.rows[2].objective.kl != 0 && run.rows[3].objective.klK3 > 0)
    #expect(run.policy.parameters.values != task.reference.parameters.values)
  }

  // MARK: Learning

  @Test func trainingRaisesTheExactObjectiveTowardsItsCeiling() throws {
    let beta = 0.5
    let run = try task.train(
      ToyTask.configuration {
        $0.iterations = 40
        $0.rolloutsPerIteration = 48
        $0.klPenalty = beta
        $0.learningRate = 1e-2
      })
    let before = task.exact(task.reference, beta: beta)
    let after = task.exact(run.policy, beta: beta)
    #expect(before.kl == 0)
    #expect(after.reward > before.reward + 1)
    // J = E r − β·KL never exceeds β·log Z; a good policy comes close.
    let objective = after.reward - beta * after.kl
    #expect(objective < after.ceiling + 1e-4)
    #expect(objective - before.reward > 0.8 * (after.ceiling - before.reward))
    let explained = run.rows.suffix(10).map(\.values.explainedVariance).reduce(0, +) / 10
    #expect(explained > 0.2)
  }

  @Test func sampledMetricsAgreeWithTheExactOnes() throws {
    // Many rollouts of one policy: its mean score lies within five standard errors of E r.
    let run = try task.train(
      ToyTask.configuration {
        $0.iterations = 1
        $0.rolloutsPerIteration = 1200
      })
    let objective = try #require(run.rows.first).objective
    let exact = task.exact(task.reference, beta: 1).reward
    let standardError = objective.scoreDeviation / 1200.0.squareRoot()
    #expect(abs(objective.scores - exact) < 5 * standardError)
  }

  @Test func aConstantRewardHasConstantAdvantages() throws {
    // γ = λ = 1, KL and values of zero: every return and advantage is the reward itself. Whitened
    // advantages are zero, and the value loss is ½·0.7².
    let run = try task.train(
      ToyTask.configuration {
        $0.iterations = 1
        $0.lambda = 1
      }, reward: ConstantReward(value: 0.7))
    let row = try #require(run.rows.first)
    #expect(abs(row.values.advantageMean - 0.7) < 1e-6 && row.values.advantageDeviation < 1e-6)
    #expect(row.values.mean == 0 && row.values.explainedVariance.isNaN)
    let valueLoss = try #require(row.update.valueLoss)
    #expect(abs(valueLoss - 0.245) < 1e-6 && abs(row.update.policyLoss) < 1e-3)
  }

  @Test func theStateAfterTheEndLearnsTheScore() throws {
    // A strong penalty keeps the policy in place, and completions of every length come.
    let run = try task.train(
      ToyTask.configuration {
        $0.iterations = 40
        $0.rolloutsPerIteration = 48
        $0.klPenalty = 10
        $0.valueLearningRate = 1e-2
        $0.learningRate = 1e-5
      })
    let ended = ToyTask.completions.filter { $0.count < 4 && $0.last == ToyTask.endToken }
    let sequences = ended.map { TokenSequence(prompt: [1], completion: $0) }
    let values = run.value.values(of: sequences).map { Double($0.last ?? .nan) }
    let rewards = sequences.map(ToyReward.reward)
    #expect(explainedVariance(returns: rewards, values: values) > 0.6)
  }

  // MARK: Determinism

  @Test func sameSeedGivesTheSameBits() throws {
    let (first, second) = (try task.train(), try task.train())
    #expect(first.policy.parameters.values == second.policy.parameters.values)
    #expect(first.value.parameters.values == second.value.parameters.values)
    #expect(first.rows.map(\.logged) == second.rows.map(\.logged))
  }

  @Test func anotherSeedGivesOtherRollouts() throws {
    let (first, second) = (try task.train(), try task.train(seed: 6))
    #expect(first.policy.parameters.values != second.policy.parameters.values)
  }

  // MARK: Guards

  @Test(arguments: [Double.nan, .infinity]) func aRewardThatIsNoNumberIsDivergence(
    reward: Double
  ) throws {
    let run = try task.train(reward: ConstantReward(value: reward))
    #expect(run.outcome == .diverged(step: 0))
    #expect(run.rows.isEmpty)
    #expect(run.policy.parameters.values == task.reference.parameters.values)
  }

  @Test func aRewardThatBreaksLaterKeepsWhatWasLearntBefore() throws {
    /// Finite until the policy has moved.
    struct Breaking: RewardFunction {
      let calls = CallCounter()
      func rewards(of sequences: [TokenSequence]) -> [Double] {
        let isBroken = calls.next() == 2
        return sequences.map { isBroken ? .nan : ToyReward.reward($0) }
      }
    }
    let run = try task.train(reward: Breaking())
    let whole = try task.train(ToyTask.configuration { $0.iterations = 2 })
    #expect(run.outcome == .diverged(step: 2))
    #expect(run.steps == [0, 1, 2])
    #expect(run.policy.parameters.values.allSatisfy { $0.allSatisfy(\.isFinite) })
    #expect(run.rows[1].logged == whole.rows[1].logged)
  }

  @Test func updatesEndWhenTheKLLeavesItsTarget() throws {
    let run = try task.train(
      ToyTask.configuration {
        $0.targetKL = 1e-7
        $0.learningRate = 3e-2
      })
    // The first minibatch has a KL of zero and moves the policy; the second one shows it.
    #expect(run.rows.dropFirst().map(\.update.steps) == [1, 1, 1])
  }

  @Test func aRatioSpikeIsSkipped() throws {
    let run = try task.train(
      ToyTask.configuration {
        $0.iterations = 1
        $0.epochs = 8
        $0.ratioThreshold = 1.0001
        $0.learningRate = 0.1
        $0.clipRange = 0.9
      })
    #expect(run.rows[1].update.steps < 16)
    #expect(run.rows[1].update.ratio > 1.0001)
  }

  @Test func observersMayEndTheTraining() {
    struct Enough: Error {}
    var (policy, value) = (task.reference, ScalarModel(backbone: task.reference))
    #expect(throws: Enough.self) {
      _ = try trainPPO(
        &policy, value: &value, reference: task.reference, reward: ToyReward(),
        prompts: ToyTask.prompts, endToken: ToyTask.endToken,
        configuration: ToyTask.configuration(), seed: Seed(1)
      ) { step, _, _ in if step == 1 { throw Enough() } }
    }
    #expect(policy.parameters.values != task.reference.parameters.values)
  }

  @Test func impossibleSettingsAreRefusedBeforeAnythingRuns() {
    #expect(throws: ConfigurationError.self) {
      try task.train(ToyTask.configuration { $0.clipRange = 1 })
    }
    // A prompt of three tokens leaves five of eight positions.
    #expect(throws: ConfigurationError.self) {
      try task.train(ToyTask.configuration { $0.responseLength = 6 })
    }
  }
}

/// Counts calls, for a reward that changes its mind.
final class CallCounter: Sendable {
  private let count = Mutex(0)
  func next() -> Int {
    count.withLock { count in
      defer { count += 1 }
      return count
    }
  }
}
