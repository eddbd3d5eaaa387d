import Autograd
public import Datasets
public import LanguageModel
import Optimizers
public import TensorKernels
public import Training

/// What a PPO training shows of its models.
public struct PPOModels: Sendable {
  /// The policy.
  public let policy: Transformer<Float>
  /// The value model, where the baseline is the learned value.
  public let value: ScalarModel<Float>?
  /// What the training recorded of the iteration's rollouts, before it learnt from them.
  public let readings: [RolloutReading]
}

/// Trains a policy by proximal policy optimisation against a reward, Schulman (2017) with the KL
/// penalty of Ziegler (2019), in the dialect of TRL's `PPOTrainer`.
///
/// The observer is called with step 0 before the first update and with step k after iteration k.
/// Step 0 shows the first rollouts and the losses of their first minibatch: if the policy is the
/// reference, its KL is exactly zero, and its ratios are exactly one. The `objective` of step k is
/// that of the rollouts that iteration k learnt from, hence of the policy before it.
///
/// REINFORCE, RLOO and GRPO are the same loop with other settings (``PolicyOptimizer``).
///
/// With the learned value, which is PPO's own baseline, a value model is trained beside the policy.
/// With any other baseline it is neither read nor trained and costs nothing: every token of a
/// completion has the advantage R − b, and the loss is a mean over completions, which makes the
/// first update the estimator (R − b)·∇log π of Williams (1992).
///
/// ```swift
/// var configuration = PPOConfiguration()
/// (configuration.iterations, configuration.klPenalty) = (20, 0.05)
/// var policy = reference
/// var value = ScalarModel(backbone: reference)
/// let outcome = try trainPPO(
///   &policy, value: &value, reference: reference, reward: reward, prompts: prompts,
///   endToken: tokenizer.endToken, configuration: configuration, seed: Seed(1)
/// ) { step, models, metrics in
///   print(step, metrics.objective.scores, metrics.objective.kl)
/// }
/// ```
///
/// - Parameters:
///   - policy: The policy to train.
///   - value: The value model to train beside it; usually its backbone with a zero head.
///   - reference: The policy π₀ that the KL is measured to.
///   - reward: Scores whole completions, learned or known.
///   - rewardModels: The architectures that `reward` reads each rollout with, to count their cost:
///     one for a reward model, one a member for an ensemble, none for a reward that runs no model.
///   - baseline: What is subtracted from returns; nil for the one that the configuration names,
///     where rollouts alone decide it.
///   - prompts: Where rollouts start; passes over all of them in seeded orders.
///   - endToken: The token that ends a completion.
///   - configuration: All settings.
///   - seed: Decides prompts, rollouts and minibatches.
///   - parts: What the training takes hold of its samples and models with.
///   - workers: Threads that share sampling and gradients; the result does not depend on them.
///   - observe: Sees every step; may throw to end the training.
/// - Returns: `.diverged(step:)` with the number of complete iterations if a reward, loss or
///   gradient is not finite; the models are then those before the update that failed.
/// - Throws: `ConfigurationError` before anything is sampled, and whatever `reward` or `observe`
///   throws; the models are then as the last update left them.
public func trainPPO(
  _ policy: inout Transformer<Float>, value: inout ScalarModel<Float>,
  reference: Transformer<Float>, reward: some RewardFunction,
  rewardModels: [ModelConfiguration] = [], baseline: (any Baseline)? = nil, prompts: [[Int]],
  endToken: Int, configuration: PPOConfiguration, seed: Seed, parts: PPOParts = PPOParts(),
  workers: Int = 1, observe: (Int, borrowing PPOModels, PPOMetrics) throws -> Void
) throws -> TrainingOutcome {
  try configuration.validate(for: policy.configuration, prompts: prompts)
  var trainer = PPOTrainer(
    policy: policy, value: value, reference: reference, rewardModels: rewardModels,
    baseline: try baseline ?? configuration.rolloutBaseline(), endToken: endToken,
    configuration: configuration, seed: seed, parts: parts, workers: workers)
  defer { (policy, value) = (trainer.policy, trainer.value) }
  let order = PromptOrder(prompts, configuration, seed: seed)

  for iteration in 0..<configuration.iterations {
    let plan = MinibatchPlan(configuration, seed: seed, iteration: iteration)
    let rollouts = try trainer.collectRollouts(
      from: order.prompts(ofIteration: iteration), reward: reward, minibatches: plan.firstEpoch,
      iteration: iteration)
    guard rollouts.isFinite else { return .diverged(step: iteration) }
    let learning = try trainer.advantagesAndReturns(of: rollouts)
    var log = UpdateLog()
    let stepsBefore = trainer.optimizerSteps
    for minibatch in plan.epochs.joined() {
      let loss = trainer.loss(of: minibatch, of: rollouts, towards: learning)
      let update = trainer.update(for: loss)
      defer { trainer.recycleBuffers(of: update) }
      guard update.statistics.isFinite else { return .diverged(step: iteration) }
      log.minibatches.append(update.statistics)
      if iteration == 0, log.minibatches.count == 1 {
        try observe(
          0, trainer.models(after: rollouts),
          trainer.metrics(rollouts, learning, log, iteration: 0))
      }
      if configuration.exceedsTargetKL(update.statistics) { break }
      if configuration.isRatioSpike(update.statistics) { continue }
      trainer.apply(update, iteration: iteration)
      log.steps += 1
    }
    let metrics = trainer.metrics(rollouts, learning, log, iteration: iteration)
    trainer.klCoefficient.adapt(
      toKL: metrics.objective.kl, over: configuration.rolloutsPerIteration)
    trainer.moveReference(stepsBefore: stepsBefore)
    try observe(iteration + 1, trainer.models(after: rollouts), metrics)
  }
  return .completed
}

/// Whether the reference π₀ stays what training began with.
public enum ReferenceControl: String, Codable, Sendable, CaseIterable {
  /// It stays: the optimum is π₀·exp(r/β)/Z.
  case fixed
  /// It follows the policy (`MovingReference`); Gorbatovski (2024), equation 5, Xu (2024).
  ///
  /// The penalty then bounds the speed of the policy and not its distance, and no optimum is known.
  case movingAverage = "ema"
}

/// The models, optimisers and accounts of a PPO run.
///
/// Its steps stand where they belong: rollouts, advantages, updates and metrics extend it.
struct PPOTrainer {
  var policy: Transformer<Float>
  var value: ScalarModel<Float>
  var reference: Transformer<Float>
  let rewardModels: [ModelConfiguration]
  let baseline: any Baseline
  let endToken: Int
  let configuration: PPOConfiguration
  let seed: Seed
  let parts: PPOParts
  let workers: ShardWorkers<Float>
  let readers: InferenceWorkers<Float>
  var policyOptimizer: AdamW<Float>
  var valueOptimizer: AdamW<Float>
  var klCoefficient: KLCoefficient
  var scoreShaper: ScoreShaper
  var cost = Cost()
  /// Rollouts sampled so far; `cost.rollouts` has the baseline's reference completions besides.
  var episodes = 0

  init(
    policy: Transformer<Float>, value: ScalarModel<Float>, reference: Transformer<Float>,
    rewardModels: [ModelConfiguration], baseline: any Baseline, endToken: Int,
    configuration: PPOConfiguration, seed: Seed, parts: PPOParts, workers: Int
  ) {
    self.workers = ShardWorkers(count: workers)
    readers = InferenceWorkers(count: workers)
    (self.policy, self.value, self.reference) = (policy, value, reference)
    (self.rewardModels, self.baseline, self.endToken) = (rewardModels, baseline, endToken)
    (self.configuration, self.seed, self.parts) = (configuration, seed, parts)
    klCoefficient = KLCoefficient(configuration)
    scoreShaper = ScoreShaper(scaling: configuration.scoreScaling, bound: configuration.scoreClip)
    policyOptimizer = AdamW(
      epsilon: configuration.adamEpsilon, epsilonPlacement: configuration.adamEpsilonPlacement,
      workers: workers)
    valueOptimizer = policyOptimizer
    if sharesTrunk { followTrunk(head: value.parameters[scoreName]) }
  }

  /// Optimiser steps taken so far.
  var optimizerSteps: Int { policyOptimizer.steps }

  /// Whether the baseline is a value model.
  var trainsValue: Bool { baseline.resolution == .token }

  /// The models as they are, no value model where none is trained, and what was read of some rollouts.
  func models(after rollouts: Rollouts) -> PPOModels {
    PPOModels(
      policy: policy, value: trainsValue ? value : nil, readings: rollouts.readings)
  }

  /// Moves the reference where it follows the policy, after an iteration's optimiser steps.
  mutating func moveReference(stepsBefore: Int) {
    guard configuration.referenceControl == .movingAverage else { return }
    let moving = MovingReference(
      share: configuration.referenceMixture, interval: configuration.referenceInterval)
    for _ in 0..<moving.moves(before: stepsBefore, now: optimizerSteps) {
      moving.move(&reference, towards: policy)
    }
  }
}
