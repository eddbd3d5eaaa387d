import Autograd
import Datasets
import Foundation
import LanguageModel
import Optimizers
import PPO
import TensorKernels
import Testing
import Tokenization
import Training

/// What each switch of the trainer does to a run.
@Suite struct SwitchTrainingTests {
  let task = ToyTask()

  /// Each switch, away from its default.
  static let switches: [(name: String, change: @Sendable (inout PPOConfiguration) -> Void)] = [
    ("kl_in", { $0.klPlacement = .loss }),
    ("missing_eos_rule", { ($0.missingEndPenalty, $0.missingEndRule) = (1, .set) }),
    ("score_position", { $0.scorePosition = .lastToken }),
    ("score_scaling", { $0.scoreScaling = .runningNormal }),
    ("score_clip", { $0.scoreClip = 0.5 }),
    ("whitening_scope", { $0.whiteningScope = .minibatch }),
    ("whitening_variance", { $0.whiteningVariance = .population }),
    ("loss_reduction", { $0.lossReduction = .completionMean }),
    ("entropy_coef", { $0.entropyWeight = 0.1 }),
    ("value_trunk shared", { $0.valueTrunk = .shared }),
    ("value_trunk detached", { $0.valueTrunk = .detached }),
    ("value_loss", { ($0.valueLoss, $0.valueClipRange) = (.squared, 1e-3) }),
    ("adam_epsilon", { $0.adamEpsilon = 1e-3 }),
    ("adam_epsilon_placement", { $0.adamEpsilonPlacement = .beforeCorrection }),
    (
      "reference_control",
      {
        ($0.referenceControl, $0.referenceInterval) = (.movingAverage, 2)
        $0.klPenalty = 1
      }
    ),
    ("reinforce", { $0 = ToyTask.with(.reinforce) }), ("rloo", { $0 = ToyTask.with(.rloo) }),
    ("grpo", { $0 = ToyTask.with(.grpo) }),
  ]

  @Test(arguments: switches.indices) func everySwitchTrainsAndChangesTheRun(index: Int) throws {
    let (name, change) = Self.switches[index]
    let run = try task.train(ToyTask.configuration(change))
    let other = try task.train(
      ToyTask.configuration {
        if name == "reference_control" { $0.klPenalty = 1 }
        // The squared loss differs from the clipped one where the clip is narrow.
        if name == "value_loss" { $0.valueClipRange = 1e-3 }
      })
    #expect(run.outcome == .completed && run.steps == [0, 1, 2, 3])
    #expect(
      run.policy.parameters.values != other.policy.parameters.values
        || run.value.parameters.values != other.value.parameters.values, "\(name)")
    #expect(run.rows[0].update.ratioMinimum == 1 && run.rows[0].update.ratioMaximum == 1)
    #expect(run.rows[0].objective.klK1 == 0 && run.rows[0].objective.klK3 == 0)
    #expect(run.rows.allSatisfy { $0.logged.values.allSatisfy(\.isFinite) })
  }

  @Test(arguments: switches.indices) func everySwitchIsDeterministic(index: Int) throws {
    let configuration = ToyTask.configuration {
      Self.switches[index].change(&$0)
      $0.iterations = 2
    }
    let (first, second) = (try task.train(configuration), try task.train(configuration))
    #expect(first.policy.parameters.values == second.policy.parameters.values)
    #expect(first.rows.map(\.logged) == second.rows.map(\.logged))
  }

  @Test(arguments: PolicyOptimizer.allCases) func everyOptimizerRaisesTheExactObjective(
    algorithm: PolicyOptimizer
  ) throws {
    let beta = 0.5
    let run = try task.train(
      ToyTask.with(algorithm) {
        ($0.iterations, $0.rolloutsPerIteration) = (40, 48)
        ($0.klPenalty, $0.learningRate) = (beta, 1e-2)
      })
    let (before, after) = (
      task.exact(task.reference, beta: beta), task.exact(run.policy, beta: beta)
    )
    let gain = after.reward - beta * after.kl - before.reward
    #expect(gain > 0.5 * (after.ceiling - before.reward))
  }

  @Test func firstRolloutsAreSharedByAllOptimizers() throws {
    // PPO's first ones differ from RLOO's in their prompts only where a prompt is sampled twice.
    let scores = try [PolicyOptimizer.ppo, .reinforce].map {
      try task.train(ToyTask.with($0) { $0.completionsPerPrompt = 1 }).rows[0].objective.scores
    }
    #expect(scores[0] == scores[1])
  }

  @Test func klInTheLossLeavesTheReturnsAlone() throws {
    let run = try task.train(
      ToyTask.configuration { ($0.klPlacement, $0.klPenalty, $0.lambda) = (.loss, 5, 1) })
    for row in run.rows {
      // With λ = 1 and nothing but the score in the rewards, the mean return is the mean score of slots.
      #expect(row.objective.nonScoreReward == -5 * row.objective.kl)
      #expect(row.update.klLoss != nil && row.logged["loss/kl_avg"] != nil)
    }
    #expect(run.rows[0].update.klLoss == 0)
    #expect(try task.train().rows[3].update.klLoss == nil)
  }

  @Test func strongerKLInTheLossHoldsThePolicyBack() throws {
    func kl(_ beta: Double) throws -> Double {
      let run = try task.train(
        ToyTask.configuration {
          ($0.klPlacement, $0.klEstimator, $0.klPenalty) = (.loss, .k2, beta)
          ($0.iterations, $0.learningRate) = (10, 1e-2)
        })
      return task.exact(run.policy, beta: 1).kl
    }
    #expect(try kl(5) < 0.5 * kl(0.01))
  }

  @Test func anEntropyBonusKeepsTheEntropy() throws {
    func entropy(_ weight: Double) throws -> Double {
      let run = try task.train(
        ToyTask.configuration {
          ($0.entropyWeight, $0.klPenalty, $0.iterations) = (weight, 0, 10)
          $0.learningRate = 1e-2
        })
      return try #require(run.rows.last).objective.entropy
    }
    #expect(try entropy(2) > entropy(0) + 0.1)
  }

  @Test func aMovingReferenceForgetsTheFirstOne() throws {
    let configuration = ToyTask.configuration {
      ($0.iterations, $0.klPenalty, $0.learningRate) = (8, 1, 1e-2)
      $0.referenceInterval = 1
    }
    var moving = configuration
    (moving.referenceControl, moving.referenceMixture) = (.movingAverage, 1)
    let (fixed, moved) = (try task.train(configuration), try task.train(moving))
    // α = 1 after every step: each iteration starts with a KL of exactly zero.
    #expect(moved.rows.dropFirst().allSatisfy { $0.objective.klK1 == 0 })
    #expect(fixed.rows.suffix(3).allSatisfy { $0.objective.klK3 > 0 })
    #expect(task.exact(moved.policy, beta: 1).kl > task.exact(fixed.policy, beta: 1).kl)
  }

  @Test func aSharedTrunkMovesWithTheValueAndADetachedOneDoesNot() throws {
    // A constant reward and values of zero have no advantage once whitened: in the first iteration
    // the value loss alone can move the policy.
    func moved(_ trunk: ValueTrunk) throws -> Double {
      let run = try task.train(
        ToyTask.configuration {
          ($0.valueTrunk, $0.lambda, $0.klPenalty, $0.valueWeight) = (trunk, 1, 0, 1)
          ($0.iterations, $0.epochs) = (1, 8)
        }, reward: ConstantReward(value: 3))
      #expect(run.value.parameters["score.weight"].contains { $0 != 0 })
      return task.exact(run.policy, beta: 1).kl
    }
    #expect(try moved(.detached) == 0)
    #expect(try moved(.shared) > 1e-6)
  }

  @Test func aSharedValueModelIsThePolicysBackboneWithAHead() throws {
    let run = try task.train(ToyTask.configuration { $0.valueTrunk = .shared })
    for name in run.value.parameters.names where name != "score.weight" {
      #expect(run.value.parameters[name] == run.policy.parameters[name], "\(name)")
    }
    // One model reads every rollout fewer: cost has a forward and a backward pass less.
    let separate = try task.train()
    #expect(run.rows[1].cost.tokensBackward * 2 == separate.rows[1].cost.tokensBackward)
  }

  // MARK: What the value model starts as

  @Test func valueModelsStartAsTheyAreAskedTo() throws {
    func start(_ kind: ValueStart, reward: ScalarModel<Float>? = nil) throws -> ScalarModel<Float> {
      var configuration = PPOConfiguration()
      configuration.valueStart = kind
      return try configuration.initialValue(
        backbone: task.reference, rewardModel: reward, seed: Seed(3))
    }
    #expect(try start(.zeroHead).parameters["score.weight"].allSatisfy { $0 == 0 })
    let head = Moments(try start(.randomHead).parameters["score.weight"])
    // N(0, 1/17): sixteen numbers of deviation 0.2425.
    #expect(abs(head.mean) < 0.25 && head.standardDeviation > 0.1 && head.standardDeviation < 0.45)
    var reward = ScalarModel(backbone: task.reference)
    reward.parameters["score.weight"] = [Float](repeating: 0.25, count: 16)
    #expect(try start(.rewardModel, reward: reward).parameters.values == reward.parameters.values)
    #expect(throws: ConfigurationError.self) { try start(.rewardModel) }
  }

  // MARK: Parts

  /// A run whose parts were changed, at a temperature of 0.7.
  func run(with change: (inout PPOParts) -> Void) throws -> ToyTask.Run {
    var parts = PPOParts()
    change(&parts)
    return try task.train(
      ToyTask.configuration { ($0.temperature, $0.learningRate) = (0.7, 1e-2) }, parts: parts)
  }

  @Test func aReferenceThatIsThePolicyHasNoKLWhileThePolicyMoves() throws {
    let run = try run { $0.reference = { _, policy in policy } }
    #expect(run.rows.allSatisfy { $0.objective.klK1 == 0 && $0.objective.klK3 == 0 })
    #expect(task.exact(run.policy, beta: 1).kl > 1e-3)
  }

  @Test func anotherTemperatureOfUpdatesShowsInTheFirstRatios() throws {
    let first = try run { $0.updateTemperature = { _ in 1 } }.rows[0]
    #expect(first.update.ratioMaximum > 1.01 && first.objective.klK3 == 0)
  }

  @Test func changedMeasurementsShowInTheFirstRatiosAndTheFirstKL() throws {
    // log π a tenth lower in what the rollouts remember: every ratio is e^0.1, every log-ratio to
    // the reference −0.1.
    let first = try run {
      $0.measurements = { shards, _ in
        for shard in shards.indices {
          shards[shard].logProbabilities = shards[shard].logProbabilities.map { $0 - 0.1 }
        }
      }
    }.rows[0]
    #expect(abs(first.update.ratioMinimum - exp(0.1)) < 1e-5)
    #expect(abs(first.objective.klK1 / first.objective.length + 0.1) < 1e-5)
  }

  @Test func masksDecideWhichTokensAndHowManyEndsThereAre() throws {
    let sound = try run { _ in }.rows[0].objective
    let masked = try run {
      $0.mask = { sample, width in
        let kept = sample.sequence.completion.dropLast(sample.ended ? 1 : 0)
        return MaskedSample(
          sequence: TokenSequence(prompt: sample.sequence.prompt, completion: Array(kept)),
          endTokens: width - kept.count)
      }
    }.rows[0].objective
    #expect(masked.endCount > 24 && sound.endCount <= 24)
    #expect(masked.endRate == sound.endRate && masked.length < sound.length)
  }
}

extension ToyTask {
  /// The small configuration of another optimiser.
  static func with(
    _ algorithm: PolicyOptimizer, _ change: (inout PPOConfiguration) -> Void = { _ in }
  ) -> PPOConfiguration {
    var configuration = PPOConfiguration(algorithm: algorithm)
    (configuration.iterations, configuration.rolloutsPerIteration) = (3, 24)
    (configuration.responseLength, configuration.learningRate) = (4, 3e-3)
    configuration.gradientShards = 3
    change(&configuration)
    return configuration
  }
}
